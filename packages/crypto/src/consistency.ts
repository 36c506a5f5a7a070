import {
  type BlobSecret,
  CHUNK_BYTES_MAX,
  type EntryBody,
  type ManifestChild,
  type VersionMetadata,
} from "@gstore/core";
import { sealBroken } from "./aead.ts";

/**
 * Checks a node's children against their secrets and the size that its parent states. What does not fit throws what
 * `refusal` makes of the reason.
 */
export function checkChildren(
  node: {
    readonly level: number;
    readonly children: readonly ManifestChild[];
    readonly secrets: readonly BlobSecret[];
  },
  plainSize: number,
  refusal: (reason: string) => Error,
): void {
  const { level, children, secrets } = node;
  if (children.length === 0 || children.length !== secrets.length)
    throw refusal("has not one secret for each child");
  let sum = 0;
  for (const secret of secrets) {
    if (!fitsLevel(secret, level - 1)) throw refusal("has a child that fits no level below it");
    sum += secret.plainSize;
  }
  if (sum !== plainSize || !Number.isSafeInteger(sum))
    throw refusal("has children that do not add up to its size");
}

/** Checks opened metadata against the clear part of its entry. Throws `SEAL_BROKEN`. */
export function checkMetadata(metadata: VersionMetadata, body: Pick<EntryBody, "content">): void {
  const what = "An entry's metadata";
  const { rootSecret, size } = metadata;
  if ((rootSecret === null) !== (body.content === null))
    throw sealBroken(what, "does not fit its entry's content");
  if (size !== (rootSecret?.plainSize ?? 0)) throw sealBroken(what, "states another size than its root");
  if (rootSecret !== null && body.content !== null && !fitsLevel(rootSecret, body.content.level)) {
    throw sealBroken(what, "has a root that fits no level");
  }
}

/** Level 0 is a chunk: bounded, of any codec. What is above is a manifest node: of any size, never encoded. */
function fitsLevel(secret: BlobSecret, level: number): boolean {
  return level === 0 ? secret.plainSize <= CHUNK_BYTES_MAX : secret.codec === "none";
}
