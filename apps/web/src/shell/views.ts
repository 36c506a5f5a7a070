import { Activity, Folder, Network, Settings, ShieldCheck } from "lucide-react";
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
  {
    ...{ view: "network", label: "Network", icon: Network },
    Pane: lazy(async () => ({ default: (await import("../views/network/network-view.tsx")).NetworkView })),
  },
  {
    ...{ view: "safety", label: "Safety", icon: ShieldCheck },
    Pane: lazy(async () => ({ default: (await import("../views/safety/safety-view.tsx")).SafetyView })),
  },
  {
    ...{ view: "activity", label: "Activity", icon: Activity },
    Pane: lazy(async () => ({ default: (await import("../views/activity/activity-view.tsx")).ActivityView })),
  },
  {
    ...{ view: "settings", label: "Settings", icon: Settings },
    Pane: lazy(async () => ({ default: (await import("../views/settings/settings-view.tsx")).SettingsView })),
  },
];
