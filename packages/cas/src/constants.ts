/**
 * Maxima and constants that only the disk store has. Those marked "format" are fixed by docs/spec/packs.md; what other
 * packages need as well is in core's limits.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

/** The version of the store's folder, `format.json` (format). A newer one is refused and nothing is changed. */
export const FOLDER_VERSION = 1;
/** Commit groups begin and end at multiples of this (format): the largest block that common disks write as one. */
export const BLOCK_BYTES: number = 4 * KIB;
/** Bytes of a segment's header (format): one block, so that records begin at a block. */
export const SEGMENT_HEADER_BYTES: number = BLOCK_BYTES;
/** Bytes of a record's header (format). */
export const RECORD_HEADER_BYTES = 64;
/** Ends of earlier segments that one segment header can state (format). Each is 16 bytes. */
export const SEGMENT_SEALS_MAX = 128;
/** Tags of spaces kept in memory. A node has a few; peers may ask in the name of any. */
export const SPACE_TAGS_MAX = 1024;
/** Digests in one deletion record (format): 40 bytes each, 160 KiB in all. */
export const DELETIONS_PER_RECORD_MAX = 4096;
/** Bytes a disk must have free beyond a new segment's first group, so that a full disk is noticed before a write fails. */
export const FREE_BYTES_MIN: number = 256 * KIB;
/**
 * Groups are copied into buffers of this size and written from there; all in one piece, so that the system can put huge
 * pages under it. Smaller writes cost more, larger ones gain nothing (ADR 0005).
 */
export const STAGING_BYTES: number = 4 * MIB;
/** Buffers per store: one is filled while the other one is written. More would not be in use at once. */
export const STAGING_BUFFERS = 2;
/** From this many queued bytes on, the next group is written while the one before is synced; fewer wait and grow. */
export const OVERLAP_BYTES_MIN: number = 1 * MIB;
/** Segments whose files are kept open for reading. Far below the usual limit of 1024 descriptors. */
export const OPEN_SEGMENTS_MAX = 128;
/** Reads of at most so many bytes are done together with others: entries, and the blobs of small files. */
export const GATHERED_READ_BYTES_MAX: number = 32 * KIB;
/** Bytes between two reads that are read along: what a trip to another thread costs is worth more. */
export const GATHERED_GAP_BYTES_MAX: number = 32 * KIB;
/** Bytes of one gathered read, and the buffers of that size that a store keeps. */
export const GATHERED_SPAN_BYTES_MAX: number = 256 * KIB;
export const GATHERED_BUFFERS_MAX = 4;
/** Gathered reads of a segment under way before others wait for company; more threads than that there are not as a rule. */
export const GATHERED_READS_AT_ONCE_MAX = 2;
/** Bytes read at once where a segment is read from end to end. Two such buffers are in use at a time. */
export const SCAN_WINDOW_BYTES: number = 4 * MIB;
/** The same where only headers are looked at and bodies are passed over. */
export const SKIM_WINDOW_BYTES: number = 16 * KIB;
/** A failed commit of the index is tried again after this long (ms); until then changes stay in memory. */
export const INDEX_RETRY_DELAY_MS = 2000;
/** Bytes of index changes in memory before they are committed; beside their number, since a key's state may be 40 KiB. */
export const INDEX_DELTA_BYTES_MAX: number = 16 * MIB;
/** Decoded entries kept in memory, and their bytes. Saves reading an entry again right after it was stored. */
export const ENTRY_CACHE_RECORDS_MAX = 2048;
export const ENTRY_CACHE_BYTES_MAX: number = 4 * MIB;
/** Entries read at once when a page of them is asked for. */
export const ENTRY_READS_AT_ONCE_MAX = 32;
/** Changes of names in memory before they are committed: each may change a node, and a commit holds three copies of it. */
export const NAMES_DELTA_RECORDS_MAX = 2048;
/** Bytes of a node of the name index: sealed it fills a page of LMDB. A single record may be larger. */
export const SEALED_NODE_BYTES_MAX: number = 4 * KIB - 64;
/** A node of fewer bytes is put together with one beside it. */
export const SEALED_NODE_BYTES_MIN: number = 1 * KIB;
/** Bytes of opened nodes kept in memory: 2000 of them, and so all branches of a tree of a million names. */
export const SEALED_NODES_CACHE_BYTES_MAX: number = 8 * MIB;
/**
 * LMDB's map of an index is let go this long (ms) after its first use, and made anew by the next one: mapping and faulting in
 * what is in use again costs a busy node some milliseconds a minute.
 */
export const INDEX_MAP_MS = 60_000;
/** An index file of at most this many bytes is checked as a whole when it is opened; 25 ms. Of a larger one as much is. */
export const INDEX_CHECK_BYTES_MAX: number = 64 * MIB;
/** After so many crashes in a row with an index that was not looked at as a whole, it is tried out before it is used. */
export const INDEX_DOUBTS_MAX = 2;
/** A large index is looked at as a whole after a crash, and this long (ms) after the last time: a week. */
export const INDEX_PROOF_INTERVAL_MS: number = 7 * 24 * 3600 * 1000;
/** Records that are looked at in a row, about a millisecond, and the pause (ms) after it: a million keys take a minute or two. */
export const INDEX_PROOF_STEP_RECORDS = 512;
export const INDEX_PROOF_PAUSE_MS = 8;
/** An index is tried out in a process of its own; it gets this long (ms), and a millisecond more per so many bytes. */
export const INDEX_PROBE_TIMEOUT_MS = 60_000;
export const INDEX_PROBE_BYTES_PER_MS: number = 10 * KIB;

/** Blobs that the first filter of held ones is for (8 KiB); each further one is for twice as many, up to the maximum (1 MiB). */
export const HELD_BLOBS_FIRST = 4096;
export const HELD_BLOBS_PER_FILTER_MAX: number = 512 * 1024;
/** Such filters at most: 8 million blobs under one hold, in 16 MiB. Beyond it nothing is collected until that hold ends. */
export const HELD_FILTERS_MAX = 16;

/** A sealed segment with this share of dead bytes is compacted: writing 3 bytes to free 1 is the most that it costs. */
export const COMPACT_SEGMENT_DEAD_SHARE = 0.25;
/**
 * While this share of the whole store is dead, the emptiest segments are compacted down to COMPACT_SEGMENT_FLOOR_SHARE:
 * so deleting half of the files frees at least 95 % of their bytes, however they were spread and though entries be a third
 * of the store (files of 4 KiB).
 */
export const COMPACT_STORE_DEAD_SHARE = 0.03;
export const COMPACT_SEGMENT_FLOOR_SHARE = 0.03;
/** The segment in use is ended and compacted as well from this many bytes on; below it is not worth a file. */
export const COMPACT_ACTIVE_BYTES_MIN: number = 1 * MIB;
/** Bytes moved before compaction waits for their sync: what it holds in memory at a time. */
export const COMPACT_STEP_BYTES: number = 4 * MIB;
/** Compaction begins this long (ms) after a deletion, so that a row of deletions is dealt with at once. */
export const COMPACT_DELAY_MS = 1000;
