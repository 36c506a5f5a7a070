import { type Digest, digestFromBytes } from "../digest.ts";
import type { EntryId } from "../ids.ts";
import type { Entry } from "./entry.ts";
import type { EntryBody } from "./entry-body.ts";
import { merkleRootOfPath } from "./merkle.ts";

/** A path in the batch that was signed, as it was read and found to fit. */
export interface ReadPath {
  readonly index: number;
  readonly count: number;
  /** Raw hashes, from the leaf up. */
  readonly siblings: readonly Uint8Array[];
}

/**
 * An entry as it was read. What its author signed is computed when it is asked for: that takes as many hashes as the batch
 * has levels, most of what decoding costs, and who reads its own disk has no use for it.
 */
export class DecodedEntry implements Entry {
  readonly id: EntryId;
  readonly body: EntryBody;
  readonly signature: Uint8Array;
  readonly bytes: Uint8Array;
  readonly #path: ReadPath;
  #signedRoot: Digest | undefined;

  constructor(
    { id, body, signature, bytes }: Pick<Entry, "id" | "body" | "signature" | "bytes">,
    path: ReadPath,
  ) {
    this.id = id;
    this.body = body;
    this.signature = signature;
    this.bytes = bytes;
    this.#path = path;
  }

  get signedRoot(): Digest {
    const { index, count, siblings } = this.#path;
    this.#signedRoot ??= merkleRootOfPath(this.id, { index, count, siblings: siblings.map(digestFromBytes) });
    return this.#signedRoot;
  }
}
