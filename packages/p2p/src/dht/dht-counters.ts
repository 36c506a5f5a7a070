import type { DhtRefusal } from "@gstore/core";

/** What the DHT has done since the start. */
export class DhtCounters {
  lookups = 0;
  found = 0;
  asked = 0;
  answered = 0;
  readonly refused: Record<DhtRefusal, number> = {
    record: 0,
    stranger: 0,
    surplus: 0,
    unreachable: 0,
    address: 0,
  };

  refuse(refusal: DhtRefusal, count = 1): void {
    this.refused[refusal] += count;
  }
}
