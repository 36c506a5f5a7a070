export type { CompactionReport } from "./compactor.ts";
export type { DiskFile, DiskFiles } from "./disk-files.ts";
export { type CasStore, type OpenDiskStoreOptions, openDiskStore } from "./open-disk-store.ts";
