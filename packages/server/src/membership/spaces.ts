import { type Chunker, createChunker } from "@gstore/chunker";
import {
  type Entry,
  GstoreError,
  isGstoreError,
  type Random,
  type SpaceId,
  type VersionMetadata,
} from "@gstore/core";
import { type OpenedSpace, SpaceKeys, type SpaceSecrets } from "@gstore/crypto";

/** A space this node holds the keys of. */
export interface OpenSpace {
  readonly id: SpaceId;
  readonly name: string;
  readonly keys: SpaceKeys;
  readonly chunker: Chunker;
  readonly secrets: SpaceSecrets;
  /** Whether the node holds the current epoch. Where not, nothing is sealed: somebody who was removed may know its latest. */
  readonly isCurrent: boolean;
  /** Tells one state of the keys from another. */
  readonly state: string;
}

/** The spaces whose keys this node holds, as the membership log hands them out. */
export class Spaces {
  readonly #random: Random;
  #spaces = new Map<SpaceId, OpenSpace>();

  constructor(secrets: readonly OpenedSpace[], random: Random) {
    this.#random = random;
    this.update(secrets);
  }

  /** Takes what the log says now; true where keys came. */
  update(secrets: readonly OpenedSpace[]): boolean {
    let isMore = false;
    for (const space of secrets) {
      const known = this.#spaces.get(space.id);
      if (known !== undefined && known.state === stateOf(space)) continue;
      isMore ||= known === undefined || space.epochs.some(({ id }) => !known.state.includes(id));
      const keys = new SpaceKeys(space, this.#random);
      const { id, name, isCurrent } = space;
      const chunker = known?.chunker ?? createChunker(keys.chunkerSeed());
      this.#spaces.set(id, { id, name, keys, chunker, secrets: space, isCurrent, state: stateOf(space) });
    }
    return isMore;
  }

  get(id: SpaceId): OpenSpace | undefined {
    return this.#spaces.get(id);
  }

  all(): OpenSpace[] {
    return [...this.#spaces.values()];
  }

  /** The space of that name. Throws `SPACE_NOT_FOUND`. */
  named(name: string): OpenSpace {
    for (const space of this.#spaces.values()) if (space.name === name) return space;
    throw new GstoreError(
      "SPACE_NOT_FOUND",
      `This node has no keys of a space "${name}". It may be a vault, or not have heard from another node yet.`,
    );
  }

  /** What an entry's sealed part says; "no key" where this node has none for it, "broken" where it was sealed wrongly. */
  tryOpen(entry: Entry): VersionMetadata | "no key" | "broken" {
    const space = this.#spaces.get(entry.body.space);
    if (space === undefined) return "no key";
    try {
      return space.keys.openMetadata(entry);
    } catch (error) {
      if (isGstoreError(error, "KEY_MISSING")) return "no key";
      if (isGstoreError(error)) return "broken";
      throw error;
    }
  }
}

function stateOf({ epochs, currentEpoch, isCurrent }: OpenedSpace): string {
  return `${epochs.map(({ id }) => id).join(" ")} ${currentEpoch} ${isCurrent}`;
}
