import type { GearTable } from "./gear-table.ts";
import { HASH_WINDOW_BYTES, type Scanner, type ScanRange } from "./scanner.ts";

/** The scanner as the specification reads, in plain TypeScript. */
export class ReferenceScanner implements Scanner {
  readonly #gear: Uint32Array;

  constructor(table: GearTable) {
    this.#gear = table.gear;
  }

  find(bytes: Uint8Array, { from, to, mask }: ScanRange): number {
    const gear = this.#gear;
    let hash = 0;
    // One byte short of the window: the loop below adds the last one.
    for (let at = from - HASH_WINDOW_BYTES; at < from - 1; at++) {
      hash = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
    }
    for (let position = from; position < to; position++) {
      hash = ((hash << 1) + (gear[bytes[position - 1] as number] as number)) | 0;
      if ((hash & mask) === 0) return position;
    }
    return 0;
  }
}
