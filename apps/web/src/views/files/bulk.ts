import type { ListRecord } from "@gstore/gateway/client";
import { listAll, removeKey, restoreVersion, transferKey } from "../../api/keys.ts";
import type { FileItem } from "./file-actions-context.ts";

/** Requests at once: the node does others' work besides. */
const AT_ONCE = 6;
/** Files of one removal or move; a page that is closed meanwhile leaves the rest as it was. */
export const BULK_MAX = 20_000;

/** The files that are chosen, and those in the folders that are. Rejects where there are too many. */
export async function filesOf(space: string, items: readonly ListRecord[]): Promise<FileItem[]> {
  const files: FileItem[] = [];
  for (const item of items) {
    if (item.kind === "file") files.push(item);
    else {
      for await (const page of listAll({ space, prefix: item.key })) {
        files.push(...page.filter((inside) => inside.kind === "file"));
        if (files.length > BULK_MAX)
          throw new Error(
            `These are more than ${BULK_MAX.toLocaleString()} files. Choose fewer, or use the gstore command.`,
          );
      }
    }
  }
  return files;
}

export interface BulkResult<T> {
  readonly done: readonly T[];
  readonly failed: number;
  readonly error: unknown;
}

/** Does it for each, some at a time; one that fails stops none of the others. */
export async function forEach<T>(
  all: readonly T[],
  work: (one: T) => Promise<unknown>,
): Promise<BulkResult<T>> {
  const done: T[] = [];
  let [failed, error, next]: [number, unknown, number] = [0, null, 0];
  const run = async (): Promise<void> => {
    for (let one = all[next++]; one !== undefined; one = all[next++]) {
      try {
        await work(one);
        done.push(one);
      } catch (thrown) {
        failed++;
        error = thrown;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
  return { done, failed, error };
}

export function removeAll(space: string, files: readonly FileItem[]): Promise<BulkResult<FileItem>> {
  return forEach(files, ({ key }) => removeKey({ space, key }));
}

/** Makes the versions that were removed the current ones again. */
export function restoreAll(space: string, files: readonly FileItem[]): Promise<BulkResult<FileItem>> {
  return forEach(files, ({ key, version }) => restoreVersion({ space, key }, version));
}

/** Where each goes when what is chosen goes to the folder `target`: folders keep what is in them together. */
export function moveTargets(
  items: readonly ListRecord[],
  target: string,
): { from: ListRecord; to: string }[] {
  return items.map((from) => {
    const name = from.key.replace(/\/$/, "").split("/").at(-1) ?? "";
    return { from, to: from.kind === "folder" ? `${target}${name}/` : `${target}${name}` };
  });
}

/** Moves each to its new key, and what is in a folder with it. Nothing that is there already is overwritten. */
export async function moveAll(
  space: string,
  moves: readonly { readonly from: ListRecord; readonly to: string }[],
): Promise<BulkResult<{ from: string; to: string }>> {
  const files: { from: string; to: string }[] = [];
  for (const { from, to } of moves) {
    for (const { key } of await filesOf(space, [from])) {
      const target = from.kind === "folder" ? `${to}${key.slice(from.key.length)}` : to;
      if (target !== key) files.push({ from: key, to: target });
    }
  }
  return await forEach(files, (move) => transferKey("move", { space, ...move }));
}
