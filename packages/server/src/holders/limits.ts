const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Versions of which a node tells one by one. Of those beyond it tells by space that there are more. */
export const HOLDINGS_TOLD_MAX = 1000;
/** Versions that became complete here and were not looked at yet; more are found by repair's next walk. */
export const HOLDINGS_TO_LOOK_MAX = 4096;
/** Told again after this long (ms): others believe it for twice that and more (`DHT_RECORD_MS`). */
export const HOLDINGS_AGAIN_MS: number = 20 * HOUR_MS;
/**
 * One is told of in so many milliseconds on the average, and so many at once after a pause: all of them in the time above. In
 * a network of 1,000 one takes some 34 requests, 35 KB and 70 ms of CPU: 0.5 KiB/s and 0.1 % of a core at most.
 */
export const HOLDING_INTERVAL_MS: number = HOLDINGS_AGAIN_MS / HOLDINGS_TOLD_MAX;
export const HOLDINGS_BURST: number = 32;
/** How often (ms) there is a look whether something is to be told, and versions looked at in one. */
export const HOLDINGS_TICK_MS = 5000;
export const HOLDINGS_LOOKED_AT_ONCE = 64;

/** How long (ms) a lookup of who holds something is waited for, and what it found is believed. */
export const HOLDER_LOOKUP_TIMEOUT_MS = 10_000;
export const HOLDER_LOOKUP_AGAIN_MS: number = MINUTE_MS;
/** Lookups whose outcome is remembered. */
export const HOLDER_LOOKUPS_KEPT_MAX = 256;
/** What nobody waits for (catching up) is looked up this often (ms) at the most. */
export const HOLDER_UPKEEP_INTERVAL_MS = 10_000;
