/** Maxima of scrubbing and of what it repairs, with their units and reasons. */

const MIB = 1024 * 1024;
const SECOND_MS = 1000;

/** Every blob is hashed again within this long (ms), unless set otherwise; and no sooner than it can be set to. */
export const SCRUB_PERIOD_MS: number = 30 * 24 * 3600 * SECOND_MS;
export const SCRUB_PERIOD_MIN_MS: number = SECOND_MS;
/** Bytes of packs read at a time: about 3 ms of a core, and one window in memory. */
export const SCRUB_STEP_BYTES: number = 4 * MIB;
/** Bytes per second that a scrub which is behind reads at most: a tenth of a slow disk, a hundredth of a core. */
export const SCRUB_BYTES_PER_SECOND_MAX: number = 16 * MIB;
/** A node that has just started has other things to do for so long (ms). */
export const SCRUB_START_DELAY_MS: number = 60 * SECOND_MS;
/** The longest wait (ms) before it is looked again whether something is due: a laptop may have slept. */
export const SCRUB_WAIT_MAX_MS: number = 3600 * SECOND_MS;
/** What could not be repaired is tried again after this long (ms), and whenever a member comes. */
export const REPAIR_RETRY_MS: number = 300 * SECOND_MS;
/** Blobs fetched at once to replace damaged ones: 4 MiB each at the most. */
export const REPAIRS_AT_ONCE_MAX = 4;
/** Damaged blobs and entries that are remembered, of each; the next round finds the others again. 70 bytes each in a file. */
export const DAMAGE_REMEMBERED_MAX = 10_000;
/** Files that a report names, beyond which it says that there are more. */
export const AFFECTED_FILES_MAX = 1000;
/** Files that status names. */
export const UNREPAIRED_FILES_SHOWN_MAX = 20;
