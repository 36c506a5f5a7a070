/** Bytes a hash depends on. */
export const HASH_WINDOW_BYTES = 32;

/** Finds where the rolling hash has zeros under a mask. Synchronous and without state between calls. */
export interface Scanner {
  /**
   * The least position p with `from <= p < to` such that the hash of the {@link HASH_WINDOW_BYTES} bytes before p has
   * only zeros under `mask`, or 0 if there is none. `from` is at least {@link HASH_WINDOW_BYTES}, `to` at most
   * `bytes.length + 1`.
   */
  find(bytes: Uint8Array, range: ScanRange): number;
}

export interface ScanRange {
  readonly from: number;
  readonly to: number;
  readonly mask: number;
}
