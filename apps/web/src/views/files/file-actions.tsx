import type { ListRecord } from "@gstore/gateway/client";
import { lazy, type ReactNode, Suspense, useMemo, useState } from "react";
import { ApiError, withQuery } from "../../api/http.ts";
import { fileUrl, spacePath } from "../../api/keys.ts";
import { counted, nameOf } from "../../lib/format.ts";
import { messageOf, type Notice, useNotify } from "../../ui/toasts.tsx";
import { type BulkResult, filesOf, moveAll, removeAll, restoreAll } from "./bulk.ts";
import {
  FileActionsContext,
  type FileActionsOf,
  type FileItem,
  type ViewerTab,
} from "./file-actions-context.ts";
import { RenameDialog } from "./rename-dialog.tsx";

const Viewer = lazy(async () => ({ default: (await import("./viewer.tsx")).Viewer }));
const ShareDialog = lazy(async () => ({ default: (await import("./share-dialog.tsx")).ShareDialog }));
const MoveDialog = lazy(async () => ({ default: (await import("./move-dialog.tsx")).MoveDialog }));

type Shown =
  | { readonly what: "viewer"; readonly item: FileItem; readonly tab: ViewerTab }
  | { readonly what: "share"; readonly item: FileItem }
  | { readonly what: "rename"; readonly item: ListRecord }
  | { readonly what: "move"; readonly items: readonly ListRecord[] };

interface FileActionsProps {
  readonly space: string;
  readonly prefix: string;
  readonly items: readonly ListRecord[];
  readonly children: ReactNode;
}

/** Gives what is in it what can be done with files, and shows the dialogues of that. */
export function FileActions({ space, prefix, items, children }: FileActionsProps): ReactNode {
  const notify = useNotify();
  const [shown, setShown] = useState<Shown | null>(null);
  const actions = useMemo((): FileActionsOf => {
    return {
      space,
      open: (item, tab = "details") => setShown({ what: "viewer", item, tab }),
      share: (item) => setShown({ what: "share", item }),
      rename: (item) => setShown({ what: "rename", item }),
      move: (chosen) => setShown({ what: "move", items: chosen }),
      remove: (chosen) => void remove(space, chosen, notify),
      download: (chosen) => void download(space, chosen, notify),
    };
  }, [space, notify]);
  const close = (): void => setShown(null);
  const move = (moves: readonly { from: ListRecord; to: string }[], said: string): void => {
    close();
    moveAll(space, moves).then(
      (result) => notify(outcome(result, said)),
      (error) => notify({ text: messageOf(error), kind: "failed" }),
    );
  };
  return (
    <FileActionsContext value={actions}>
      {children}
      <Suspense>
        {shown?.what === "viewer" && (
          <Viewer
            {...{ space, prefix, items, item: shown.item, tab: shown.tab }}
            onClose={close}
            onShow={actions.open}
          />
        )}
        {shown?.what === "share" && <ShareDialog space={space} item={shown.item} onClose={close} />}
        {shown?.what === "rename" && (
          <RenameDialog
            item={shown.item}
            onClose={close}
            onRename={(to) => move([{ from: shown.item, to }], "Renamed")}
          />
        )}
        {shown?.what === "move" && (
          <MoveDialog
            {...{ space, prefix, items: shown.items }}
            onClose={close}
            onMove={(moves) => move(moves, "Moved")}
          />
        )}
      </Suspense>
    </FileActionsContext>
  );
}

type Notify = (notice: Notice) => void;

async function remove(space: string, items: readonly ListRecord[], notify: Notify): Promise<void> {
  try {
    const removed = await removeAll(space, await filesOf(space, items));
    const undo = async (): Promise<void> => {
      notify(outcome(await restoreAll(space, removed.done), "Restored"));
    };
    const action = { label: "Undo", run: () => void undo() };
    notify({ ...outcome(removed, "Deleted"), ...(removed.done.length > 0 && { action }) });
  } catch (error) {
    notify({ text: messageOf(error), kind: "failed" });
  }
}

/** Files one after the other, as browsers take them, and each folder as one zip. */
async function download(space: string, items: readonly ListRecord[], notify: Notify): Promise<void> {
  if (items.length > DOWNLOADS_MAX) {
    notify({
      text: `A browser saves at most ${DOWNLOADS_MAX} files so. Download the folder instead.`,
      kind: "failed",
    });
    return;
  }
  for (const { kind, key } of items) {
    const name = nameOf(key);
    if (kind === "folder") save(withQuery(spacePath(space, "archive"), { prefix: key }), `${name}.zip`);
    else save(fileUrl(space, key), name);
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
}

/** Several at once look to a browser like one that was clicked by mistake. */
const BETWEEN_MS = 250;
const DOWNLOADS_MAX = 50;

function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

function isTaken(error: unknown): boolean {
  return error instanceof ApiError && error.code === "ALREADY_EXISTS";
}

function outcome({ done, failed, error }: BulkResult<unknown>, said: string): Notice {
  if (failed === 0) return { text: `${said} ${counted(done.length, "file")}.` };
  const why = isTaken(error) ? "there is something of that name already." : messageOf(error);
  return {
    text: `${said} ${counted(done.length, "file")}, and ${failed.toLocaleString()} not: ${why}`,
    kind: "failed",
  };
}
