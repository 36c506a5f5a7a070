import type { ListRecord } from "@gstore/gateway/client";
import { createContext, useContext } from "react";

export type FileItem = ListRecord & { readonly kind: "file" };

/** What can be done with what a folder shows. */
export interface FileActionsOf {
  readonly space: string;
  /** Shows a file, with its versions and copies. */
  readonly open: (item: FileItem, tab?: ViewerTab) => void;
  readonly share: (item: FileItem) => void;
  /** Asks for the new name, or where to. */
  readonly rename: (item: ListRecord) => void;
  readonly move: (items: readonly ListRecord[]) => void;
  readonly remove: (items: readonly ListRecord[]) => void;
  readonly download: (items: readonly ListRecord[]) => void;
}

export type ViewerTab = "details" | "versions" | "copies";

export const FileActionsContext = createContext<FileActionsOf | null>(null);

export function useFileActions(): FileActionsOf {
  const actions = useContext(FileActionsContext);
  if (actions === null) throw new Error("There are no actions outside of a folder.");
  return actions;
}
