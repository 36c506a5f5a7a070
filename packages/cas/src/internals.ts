/** What the simulator runs the store on other ground with: `@gstore/cas/internals`, which the published package does not have. */
export type { DiskFile, DiskFiles, OpenMode } from "./disk-files.ts";
export type { ByteDatabase, ByteDatabaseOptions } from "./index/byte-database.ts";
export { type CasStore, openStoreOn } from "./open-disk-store.ts";
export type { StoreGround } from "./store-ground.ts";
