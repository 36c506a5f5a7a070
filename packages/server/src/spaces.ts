import { type Chunker, createChunker } from "@gstore/chunker";
import { type Entry, GstoreError, type SpaceId, type VersionMetadata } from "@gstore/core";
import { type NetworkSecrets, SpaceKeys } from "@gstore/crypto";

/** A space this node holds the keys of. */
export interface OpenSpace {
  readonly id: SpaceId;
  readonly name: string;
  readonly keys: SpaceKeys;
  readonly chunker: Chunker;
}

/** The spaces of a network whose keys this node holds. */
export class Spaces {
  readonly #spaces = new Map<SpaceId, OpenSpace>();

  constructor(secrets: NetworkSecrets) {
    for (const space of secrets.spaces) {
      const keys = new SpaceKeys(space);
      this.#spaces.set(space.id, {
        id: space.id,
        name: space.name,
        keys,
        chunker: createChunker(keys.chunkerSeed()),
      });
    }
  }

  get(id: SpaceId): OpenSpace | undefined {
    return this.#spaces.get(id);
  }

  /** The space of that name. Rejects with `SPACE_NOT_FOUND`. */
  named(name: string): OpenSpace {
    for (const space of this.#spaces.values()) if (space.name === name) return space;
    throw new GstoreError("SPACE_NOT_FOUND", `There is no space "${name}" on this node.`);
  }

  /** What an entry's sealed part says, or null where this node has no key for it or it was sealed wrongly. */
  tryOpen(entry: Entry): VersionMetadata | null {
    const space = this.#spaces.get(entry.body.space);
    if (space === undefined) return null;
    try {
      return space.keys.openMetadata(entry);
    } catch (error) {
      if (error instanceof GstoreError) return null;
      throw error;
    }
  }
}
