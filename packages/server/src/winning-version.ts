import { compareTimes, type EntryRecord } from "@gstore/core";

/**
 * The version that is served of a key whose heads these are: the same on every node. An edit beats a concurrent removal;
 * among edits the later time wins, then the author's and the version's id. Undefined where there are no heads.
 */
export function winningVersion(heads: readonly EntryRecord[]): EntryRecord | undefined {
  return [...heads].sort(compareHeads)[0];
}

function compareHeads(left: EntryRecord, right: EntryRecord): number {
  const [a, b] = [left.entry.body, right.entry.body];
  if (a.op !== b.op) return a.op === "put" ? -1 : 1;
  const byTime = compareTimes(b.time, a.time);
  if (byTime !== 0) return byTime;
  if (a.dot.author !== b.dot.author) return a.dot.author > b.dot.author ? -1 : 1;
  return left.entry.id > right.entry.id ? -1 : 1;
}
