import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, GstoreError } from "@gstore/core";
import { open, type RootDatabase } from "lmdb";
import { INDEX_MAP_MS } from "../constants.ts";

export type LmdbDatabase = RootDatabase<Uint8Array, Uint8Array>;

/**
 * LMDB's view of its file. It maps the file into memory, and what was read or written stays counted as this process's memory
 * for as long as the map is there; where the file grows, the old map stays beside the new one. So the map is let go a minute
 * after its first use and made anew by the next use, which takes a millisecond: an idle node keeps none of it.
 */
export class LmdbMap {
  readonly #folder: string;
  readonly #clock: Clock;
  #database: LmdbDatabase | undefined;
  /** Reads and writes that are not over yet. */
  #uses = 0;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  private constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** Opens what is in the folder, for this process alone. */
  static async open(folder: string, clock: Clock): Promise<LmdbMap> {
    const lockPath = join(folder, "lock.mdb");
    await rm(lockPath, { force: true });
    const map = new LmdbMap(folder, clock);
    map.database();
    await chmod(lockPath, 0o600);
    return map;
  }

  /** For what is over before this turn is. */
  database(): LmdbDatabase {
    if (this.#isClosed) throw new Error("The index is closed.");
    this.#database ??= openDatabase(this.#folder);
    if (this.#cancelTimer === undefined) this.#schedule();
    return this.#database;
  }

  /** For what takes longer: the map stays until its end. */
  use(): { readonly database: LmdbDatabase; end(): void } {
    const database = this.database();
    this.#uses++;
    return {
      database,
      end: () => {
        this.#uses--;
      },
    };
  }

  /** Resolves when what was begun is over. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelTimer?.();
    await this.#database?.close();
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.after(INDEX_MAP_MS, () => {
      this.#cancelTimer = undefined;
      if (this.#uses > 0) return this.#schedule();
      const database = this.#database;
      this.#database = undefined;
      // Who comes before it is closed shares it with LMDB's consent; then the map stays for another minute.
      database?.close().catch(() => undefined);
    });
  }
}

function openDatabase(folder: string): LmdbDatabase {
  try {
    return open<Uint8Array, Uint8Array>({
      path: folder,
      keyEncoding: "binary",
      encoding: "binary",
      // With it a commit resolves before it is on the disk.
      overlappingSync: false,
      // With it a commit that fails also rejects a promise that nobody has: that ends the process.
      eventTurnBatching: false,
      maxDbs: 1,
    });
  } catch (cause) {
    const message = `The index in ${folder} can't be opened. Delete that folder and start again.`;
    throw new GstoreError("STORE_DAMAGED", message, { path: folder, cause });
  }
}
