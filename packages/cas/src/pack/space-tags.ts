import { digestOf, digestToBytes, type SpaceId } from "@gstore/core";
import { SPACE_TAGS_MAX } from "../constants.ts";

/**
 * What records say of a blob's space in four bytes: drawn from the space and the store's id, which nobody outside knows, so
 * that nobody can make a space whose tag is that of another one. Section "Record" of docs/spec/packs.md.
 */
export class SpaceTags {
  readonly #storeId: Uint8Array;
  readonly #known = new Map<SpaceId, number>();

  constructor(storeId: Uint8Array) {
    this.#storeId = storeId;
  }

  /** The tag of a space, never 0. */
  of(space: SpaceId | undefined): number | null {
    if (space === undefined) return null;
    const known = this.#known.get(space);
    if (known !== undefined) return known;
    const tag = spaceTag(this.#storeId, space);
    // Peers may ask in the name of spaces that they make up.
    if (this.#known.size >= SPACE_TAGS_MAX) this.#known.clear();
    this.#known.set(space, tag);
    return tag;
  }
}

function spaceTag(storeId: Uint8Array, space: SpaceId): number {
  const parts = [Buffer.from("gstore space tag"), storeId, Buffer.from(space, "hex")];
  const digest = digestToBytes(digestOf(Buffer.concat(parts)));
  // 0 says that nothing is said.
  return Buffer.from(digest).readUInt32LE(0) || 1;
}
