import { Folder } from "lucide-react";
import { type ComponentType, lazy } from "react";
import type { View } from "../lib/route.ts";

interface Pane {
  readonly view: View;
  readonly label: string;
  readonly icon: ComponentType;
  /** Loaded when it is first shown. */
  readonly Pane: ComponentType;
}

/** What the page is made of, in the order of its navigation. */
export const PANES: readonly [Pane, ...Pane[]] = [
  {
    ...{ view: "files", label: "Files", icon: Folder },
    Pane: lazy(async () => ({ default: (await import("../views/files/files-view.tsx")).FilesView })),
  },
];
