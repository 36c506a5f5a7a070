/** The maxima of repair and audits, with their reasons. */

const MIB = 1024 * 1024;
const MINUTE_MS = 60_000;

/** Short versions that are remembered: 3 MB. With more, those with the fewest copies; the next walk finds the others again. */
export const SHORT_VERSIONS_MAX = 10_000;
/** Versions that are given at once, and their bytes unless it is only one: what is on its way when a node goes is lost work. */
export const GIVEN_AT_ONCE_MAX = 256;
export const GIVEN_BYTES_MAX: number = 64 * MIB;
/** And no more than the rate allows in so many seconds. */
export const GIVEN_SECONDS_MAX = 60;
/** It is looked at what is due so often (ms), at the least and at the most. */
export const TICK_MS_MIN = 1000;
export const TICK_MS_MAX: number = MINUTE_MS;
/** A holder begins so much (ms) later than the one that ranks before it, at most: time enough for that one to be done. */
export const TAKE_OVER_MS_MAX: number = 5 * MINUTE_MS;
/** Blobs of one version that a holder has to prove before a copy is given up, and in an audit. */
export const SURPLUS_SAMPLE_MAX = 8;
export const AUDIT_SAMPLE_MAX = 8;
/** Versions in one round of audits, and the pages of the store that they are picked from. */
export const AUDIT_VERSIONS = 16;
export const AUDIT_PAGES = 4;
export const AUDIT_PAGE_ENTRIES = 64;
/** Failures of audits that `status` shows. */
export const AUDIT_FAILURES_SHOWN = 16;
/** Surplus copies that are being given up at once: each waits for proofs of several holders. */
export const SURPLUS_AT_ONCE_MAX = 4;
/** Versions are not audited in the last so many milliseconds of their history: clocks differ, and an audit takes a while. */
export const AUDIT_BEFORE_END_MS: number = 10 * 60 * 1000;
/** Pauses (ms) after which a holder that was too busy to prove is asked again; it takes them well within a lease. */
export const BUSY_PAUSES_MS: readonly number[] = [250, 500, 1000, 2000];
