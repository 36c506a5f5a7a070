import type { Clock } from "@gstore/core";
import type { DiskFiles } from "./disk-files.ts";
import type { OpenByteDatabase } from "./index/byte-database.ts";
import type { StoreLock } from "./store-lock.ts";

/** What a store stands on: the machine's, or the simulator's. */
export interface StoreGround {
  readonly files: DiskFiles;
  readonly lock: (dir: string, options: { holder: string; clock: Clock }) => Promise<StoreLock>;
  readonly openDatabase: OpenByteDatabase;
}
