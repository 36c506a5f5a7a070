import type { ListRecord } from "@gstore/gateway/client";

export type SortBy = "name" | "size" | "stored";

export interface Sorting {
  readonly by: SortBy;
  readonly isDescending: boolean;
}

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** In the order that people expect: folders first, "photo 9" before "photo 10". Folders have no size or time. */
export function sortItems(items: readonly ListRecord[], { by, isDescending }: Sorting): ListRecord[] {
  const sign = isDescending ? -1 : 1;
  return [...items].sort((a, b) => {
    if (a.kind !== b.kind) return a.kind === "folder" ? -1 : 1;
    const inOrder = a.kind === "file" && b.kind === "file" ? compareFiles(a, b, by) : 0;
    if (inOrder !== 0) return inOrder * sign;
    return names.compare(a.key, b.key) * (by === "name" ? sign : 1);
  });
}

function compareFiles(
  a: ListRecord & { readonly kind: "file" },
  b: ListRecord & { readonly kind: "file" },
  by: SortBy,
): number {
  if (by === "size") return a.size - b.size;
  if (by === "stored") return a.stored < b.stored ? -1 : Number(a.stored > b.stored);
  return 0;
}

/** What stands in the folder `prefix` for a key below it: the key itself, or the folder that it is in. */
export function childOf(key: string, prefix: string): string | undefined {
  if (!key.startsWith(prefix) || key === prefix) return undefined;
  const slash = key.indexOf("/", prefix.length);
  return slash === -1 ? key : key.slice(0, slash + 1);
}

/** The listing with one of its lines as it is now; null takes it away. */
export function withItem(items: readonly ListRecord[], key: string, item: ListRecord | null): ListRecord[] {
  const at = items.findIndex((other) => other.key === key);
  if (item === null) return at === -1 ? [...items] : items.toSpliced(at, 1);
  return at === -1 ? [...items, item] : items.with(at, item);
}

/** Whether a key below the prefix has what is searched for in its name or in the names of its folders. */
export function matches(key: string, prefix: string, query: string): boolean {
  const name = fold(key.slice(prefix.length));
  return fold(query)
    .split(/\s+/)
    .every((word) => name.includes(word));
}

/** Without case and accents. */
function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
