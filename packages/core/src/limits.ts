/**
 * Every maximum of gstore, in one place, with its unit and its reason. Formats marked "format" are commitments: a node
 * with another value would cut, refuse or place things differently. The others may differ from node to node.
 */

const KIB = 1024;
const MIB = 1024 * KIB;
const SECOND_MS = 1000;

// --- names and records (format) -------------------------------------------------------------------------------------

/** Bytes of a key in UTF-8 (format). Long enough for any path in practice, short enough for one index key. */
export const KEY_BYTES_MAX: number = 1024;
/** Bytes of a node's or member's name in UTF-8 (format). It has to fit on a line of a table. */
export const NODE_NAME_BYTES_MAX: number = 64;
/** Bytes of an encoded entry with its signature (format). Bounds what a peer can make us hold per announcement. */
export const ENTRY_BYTES_MAX: number = 64 * KIB;
/** Authors in the context of one entry (format). 512 x about 60 bytes leaves half of an entry for its metadata. */
export const CONTEXT_AUTHORS_MAX: number = 512;
/** Entries under one signature (format). A path of ten hashes is then the longest that an entry carries. */
export const SIGNATURE_BATCH_ENTRIES_MAX: number = 1024;
/** Bytes of a membership record with its signature (format). A hundred wrapped keys fit. */
export const MEMBERSHIP_RECORD_BYTES_MAX: number = 16 * KIB;
/** Parents of one membership record (format): as many admins as may act at once without hearing of one another. */
export const MEMBERSHIP_PARENTS_MAX: number = 16;
/**
 * Records of one network's membership log that a node keeps, in all, and so names to a peer when it asks for what it lacks
 * (format). Evaluating as many takes 2 MiB and half a second. The next four share it out.
 */
export const MEMBERSHIP_RECORDS_MAX: number = 4096;
/** Of these, records that count or stand before one that does: admission and keys of a thousand members, and changes. */
export const MEMBERSHIP_COUNTING_RECORDS_MAX: number = 3072;
/** And of these one issuer's, unless it is the root: an only admin fits in, and one that floods leaves room for others. */
export const MEMBERSHIP_RECORDS_PER_ISSUER_MAX: number = 2560;
/** Room above them for the root alone: whoever fills a log, the root can still remove it. */
export const MEMBERSHIP_ROOT_RESERVE_RECORDS: number = 256;
/**
 * Records that do not count (overruled, unauthorised, waiting for others), in all and of one issuer. They are kept only
 * since later records may make them count; whoever was removed can sign any number, under any number of names.
 */
export const MEMBERSHIP_VOID_RECORDS_MAX: number = 768;
export const MEMBERSHIP_VOID_RECORDS_PER_ISSUER_MAX: number = 64;
/** Records of one member's `attributes` by itself, unless it is an admin: what it may say of itself must not fill the log. */
export const MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX: number = 64;
/** Copies that a policy asks for (format), and members that it requires (format): as many as versions have copies. */
export const POLICY_COPIES_MAX: number = 64;
/** Bytes of a policy's sealed prefix (format): the longest key, and what a seal adds. */
export const POLICY_PREFIX_SEALED_BYTES_MAX: number = 1280;
/** The classes of policies by prefix (format): below it 0 is a space's default, and 1 to 64 that many copies. */
export const POLICY_PREFIX_CLASS_MIN: number = 65;
export const POLICY_CLASS_MAX: number = 65_535;
/** Policies of one space: each put looks through their prefixes, and each is a record that stays. */
export const POLICIES_PER_SPACE_MAX: number = 256;
/** Incarnations in the cut of a removal (format). An author takes a new one only after losing its disk or its place. */
export const CUT_INCARNATIONS_MAX: number = 256;
/** Wrapped keys in one membership record (format); grants hand out the rest. A hundred of an epoch are 12 KiB. */
export const WRAPS_PER_RECORD_MAX: number = 100;
/** Epochs in one grant (format), and bytes of one wrapped key (format): three secrets, a name and 50 bytes around them. */
export const EPOCHS_PER_GRANT_MAX: number = 100;
export const WRAP_BYTES_MAX: number = 256;
/** Epochs that a new one follows at once (format): as many as admins may begin without hearing of one another. */
export const PREVIOUS_EPOCHS_MAX: number = 16;
/** Membership heads an entry names (format). */
export const MEMBERSHIP_HEADS_MAX: number = 16;
/** Certificates between a node and the root, both included (format). Short, so that checking is cheap. */
export const CERTIFICATE_CHAIN_MAX: number = 4;
/** Addresses in a ticket (format), and characters of a ticket: eight of the longest addresses fit. */
export const TICKET_ADDRESSES_MAX: number = 8;
export const TICKET_CHARACTERS_MAX: number = 4096;
/** Addresses in one address record (format), characters of each (format), and bytes of a record with its signature (format). */
export const ADDRESSES_PER_RECORD_MAX: number = 16;
export const ADDRESS_BYTES_MAX: number = 128;
export const ADDRESS_RECORD_BYTES_MAX: number = 4 * KIB;
/** Bytes of a file's media type (format): RFC 6838 has 127 on each side of the slash. */
export const CONTENT_TYPE_BYTES_MAX: number = 255;
/** User metadata pairs per version, and bytes of each name and value (format). */
export const USER_METADATA_PAIRS_MAX: number = 64;
export const USER_METADATA_BYTES_MAX: number = 1024;

// --- chunks and blobs (format) --------------------------------------------------------------------------------------

/** Chunk sizes in bytes (format): content-defined chunking aims at the average between the two ends. */
export const CHUNK_BYTES_MIN: number = 64 * KIB;
export const CHUNK_BYTES_AVG: number = 256 * KIB;
export const CHUNK_BYTES_MAX: number = 1 * MIB;
/** Bytes of a blob (format). Above the largest sealed chunk and manifest node, so that no valid blob is refused. */
export const BLOB_BYTES_MAX: number = 4 * MIB;
/** Bytes of a manifest node (format). */
export const MANIFEST_NODE_BYTES_MAX: number = 1 * MIB;
/** Children of a manifest node: fewest before a boundary counts, the average, and the most (format). */
export const MANIFEST_CHILDREN_MIN: number = 32;
export const MANIFEST_CHILDREN_AVG: number = 256;
export const MANIFEST_CHILDREN_MAX: number = 4096;
/** Levels of a manifest tree above the chunks (format). 32^8 chunks at the least are more than any disk holds. */
export const MANIFEST_LEVELS_MAX: number = 8;

// --- disk store -----------------------------------------------------------------------------------------------------

/** Bytes of a pack segment before the next is begun: compaction rewrites one at most at a time. */
export const SEGMENT_BYTES_MAX: number = 256 * MIB;
/** Bytes waiting for one sync: more callers wait for the next. Bounds memory when the disk is slow. */
export const COMMIT_GROUP_BYTES_MAX: number = 16 * MIB;
/** Records waiting to be written, all groups together, in bytes; puts beyond it wait (backpressure). */
export const COMMIT_QUEUE_BYTES_MAX: number = 64 * MIB;
/** Index changes kept in memory before they are committed to the index. About 200 bytes each. */
export const INDEX_DELTA_RECORDS_MAX: number = 16_384;
/** Index changes are committed at the latest after this long (ms), so that a restart has little to scan. */
export const INDEX_COMMIT_DELAY_MS: number = 250;
/** Pins of one node: each is looked at for every version that may be one too many. */
export const PINS_MAX: number = 1000;
/** Entries or names in one page of a listing. */
export const LIST_PAGE_MAX: number = 1000;

// --- links ----------------------------------------------------------------------------------------------------------

/** A connection that has not finished TLS and the gstore handshake by then (ms) is closed. */
export const HANDSHAKE_TIMEOUT_MS: number = 10 * SECOND_MS;
/** Bytes of one handshake message: a certificate chain and little else. */
export const HANDSHAKE_BYTES_MAX: number = 80 * KIB;
/** Connections in the handshake at once, all strangers together, and from one address. */
export const PENDING_CONNECTIONS_MAX: number = 64;
export const PENDING_CONNECTIONS_PER_ADDRESS_MAX: number = 16;
/** Connections of members, all together: libp2p ones and bulk ones. */
export const CONNECTIONS_MAX: number = 512;
/** Pooled bulk connections per peer and direction. Two keep both cores of a small machine busy. */
export const BULK_CONNECTIONS_PER_PEER_MAX: number = 4;
/** An idle bulk connection is closed after this long (ms). */
export const BULK_IDLE_TIMEOUT_MS: number = 60 * SECOND_MS;
/** Bytes of one bulk frame: the largest blob and its header. */
export const BULK_FRAME_BYTES_MAX: number = BLOB_BYTES_MAX + 1024;
/** A bulk transfer that moves no byte for this long (ms) is given up, and another peer is asked. */
export const BULK_STALL_TIMEOUT_MS: number = 10 * SECOND_MS;
/** Bytes of one request or response message on a kept stream: 1 MiB of inline blobs, or a page of entries. */
export const MESSAGE_BYTES_MAX: number = 4 * MIB;
/** Requests in flight on one kept stream; more wait at the sender, and at the receiver close the stream. */
export const REQUESTS_IN_FLIGHT_MAX: number = 256;
/** Bytes of requests and responses queued on one kept stream before senders wait. */
export const REQUEST_QUEUE_BYTES_MAX: number = 16 * MIB;
/** A request without an answer after this long (ms) fails, retryable. */
export const REQUEST_TIMEOUT_MS: number = 15 * SECOND_MS;
/** A peer is pinged this often (ms) and taken for dead after this long without an answer (ms). */
export const PING_INTERVAL_MS: number = 3 * SECOND_MS;
export const PING_TIMEOUT_MS: number = 5 * SECOND_MS;
/** Delay before dialling a lost or unreachable peer again (ms): doubled from the first to the second, with jitter. */
export const RECONNECT_DELAY_MIN_MS: number = 250;
export const RECONNECT_DELAY_MAX_MS: number = 60 * SECOND_MS;
/** Between two addresses of one member that are dialled at once (ms): the first that answers is taken. */
export const DIAL_STAGGER_MS: number = 250;
/** Members dialled at once, and members connected, from where on no more are dialled: half of `CONNECTIONS_MAX` is for bulk. */
export const MEMBERS_DIALLED_AT_ONCE_MAX: number = 8;
export const MEMBERS_DIALLED_MAX: number = 128;
/**
 * Addresses of one member besides those of its record: where it was reached, or seen on the LAN. An address that has failed
 * for the first time (ms) is tried this seldom (ms), and one that has for the third is forgotten.
 */
export const ADDRESSES_LEARNED_MAX: number = 8;
export const ADDRESS_FAILING_MS: number = 24 * 3600 * SECOND_MS;
export const ADDRESS_FAILING_RETRY_MS: number = 10 * 60 * SECOND_MS;
export const ADDRESS_FORGOTTEN_MS: number = 7 * 24 * 3600 * SECOND_MS;
/** A dial that has no connection by then (ms) is given up. */
export const DIAL_TIMEOUT_MS: number = 10 * SECOND_MS;

// --- transfers and sync ---------------------------------------------------------------------------------------------

/** Digests in one have/want/fetch message. */
export const DIGESTS_PER_MESSAGE_MAX: number = 4096;
/** Entries in one push or page of a sync. */
export const ENTRIES_PER_MESSAGE_MAX: number = 1024;
/** Entries asked for by id in one question (format). As many of the largest fit into one message. */
export const ENTRIES_BY_ID_MAX: number = 32;
/** Versions in one question for receipts of who holds them (format): as many as puts usually wait at once, in one answer that fits a message. */
export const HELD_RECEIPTS_VERSIONS_MAX: number = 64;
/** Receipts in one answer (format). With the versions above it is 17,000 items, below what a message may have. */
export const HELD_RECEIPTS_MAX: number = 256;
/** Hops of such a question (format): a chain of five nodes. */
export const HELD_RECEIPTS_HOPS_MAX: number = 4;
/** Questions of others that a node hands on at once, and how long (ms) it waits for each hop that is left. */
export const HELD_RECEIPTS_RELAYED_AT_ONCE_MAX: number = 4;
export const HELD_RECEIPTS_HOP_TIMEOUT_MS: number = 2 * SECOND_MS;
/** The same of a question for receipts of a purge, which may take as long as it takes to rewrite a pack (ms). */
export const PURGED_HOP_TIMEOUT_MS: number = 15 * SECOND_MS;
/** Blobs in one question for proofs of possession (format): 64 MiB at most are read for it, one after the other. */
export const PROVED_BLOBS_MAX: number = 16;
/** Questions for proofs that a node works on at once, of all members and of one: each holds one blob in memory. */
export const PROOFS_AT_ONCE_MAX: number = 4;
export const PROOFS_AT_ONCE_PER_PEER_MAX: number = 1;
/** Bytes a second that are read for the proofs that one member asks for, after a burst of two seconds' worth. */
export const PROOF_BYTES_PER_SECOND: number = 32 * MIB;
/** Versions in one question for leases (format), and the longest lease (ms, format): holders promise it for no longer. */
export const LEASED_VERSIONS_MAX: number = 256;
export const LEASE_MS_MAX: number = 60 * SECOND_MS;
/** Leases that a node has given and that run: 10 MB. Above it none is given, and the asker keeps its copy. */
export const LEASES_MAX: number = 65_536;
/** Membership records in one message. */
export const MEMBERSHIP_RECORDS_PER_MESSAGE_MAX: number = 256;
/** Address records in one message. */
export const ADDRESS_RECORDS_PER_MESSAGE_MAX: number = 256;
/** Members of a network. Sync vectors and placement are linear in it. */
export const MEMBERS_MAX: number = 1024;
/** Author incarnations in a sync vector. */
export const SYNC_VECTOR_MAX: number = 4096;
/** Bytes in memory between reading and disk or consumer: of all puts together, of all gets, of all receiving. */
export const TRANSFER_WINDOW_BYTES: number = 32 * MIB;
/** Bytes on their way to one peer and not yet acknowledged as synced there, all puts together. */
export const PUSH_WINDOW_BYTES: number = 16 * MIB;
/** Blobs of at most this many bytes in sum travel inside the announcement of their entries: one round trip. */
export const INLINE_BLOBS_BYTES_MAX: number = 1 * MIB;
/** Puts running at once in one node; more wait. Each holds one chunk and one slice besides the window above. */
export const PUTS_AT_ONCE_MAX: number = 16;
/** Files of at most this many bytes are small: always one chunk, held in memory whole while they are stored. */
export const SMALL_FILE_BYTES_MAX: number = CHUNK_BYTES_MIN;
/** Puts of small files running at once, in place of the larger ones' places: as many share a sync and a message. */
export const SMALL_PUTS_AT_ONCE_MAX: number = 32 * PUTS_AT_ONCE_MAX;
/** Chunks of at most this many bytes are sealed on the main thread: it takes less time than sending them to another. */
export const SEAL_INLINE_BYTES_MAX: number = 64 * KIB;
/** Threads that seal. More than this many keep no disk waiting. */
export const SEAL_THREADS_MAX: number = 4;
/** Chunks given to one sealing thread at once: enough that it never waits for the main thread. */
export const SEALS_PER_THREAD_MAX: number = 4;
/**
 * Bytes of memory kept for the next blobs while files are being stored: all of the window, since a sync gives half of it
 * free at one moment.
 */
export const SEAL_BUFFERS_BYTES_MAX: number = TRANSFER_WINDOW_BYTES;
/** Sealing threads and their memory are given back when no chunk has come for this long (ms). */
export const SEAL_IDLE_TIMEOUT_MS: number = 5 * SECOND_MS;
/** Chunks of a key's last version that are looked for in its next one, so as not to seal them again: 16 GiB of file. */
export const KNOWN_CHUNKS_MAX: number = 65_536;
/** Gets running at once in one node; more wait. */
export const GETS_AT_ONCE_MAX: number = 32;
/** Bytes of manifest nodes that were opened, kept for the next range that is read: those of 24 GiB of files. */
export const MANIFEST_CACHE_BYTES_MAX: number = 8 * MIB;
/** Catch-up transfers (missing blobs of one version) running at once. */
export const CATCH_UP_AT_ONCE_MAX: number = 4;
/** A put without --wait waits this long (ms) for its copies, and an explicit wait by default too. */
export const PUT_WAIT_TIMEOUT_MS: number = 30 * SECOND_MS;
/** Asking peers for a key or a blob takes at most this long (ms) before the answer is given without them. */
export const LOOKUP_TIMEOUT_MS: number = 10 * SECOND_MS;
/** Versions in one page of a key's history: each may have an entry of 64 KiB, and its blobs are looked for. */
export const VERSIONS_PAGE_MAX: number = 100;
/** Versions looked at to find one by the beginning of its id, or the one that was current at some time. */
export const VERSIONS_LOOKED_AT_MAX: number = 10_000;
/** Versions of a key looked at to find out since when one that came late is superseded. */
export const HISTORY_LOOKED_AT_MAX: number = 100;
/** Copies wanted of each version where no policy says otherwise. */
export const COPIES_DEFAULT: number = 3;
/** A superseded version is kept for this long (ms) where no policy says otherwise. */
export const HISTORY_DEFAULT_MS: number = 30 * 24 * 3600 * SECOND_MS;
/** A peer's time moves our hybrid clock at most this far (ms) past the wall clock. */
export const CLOCK_DRIFT_MAX_MS: number = 5 * 60 * SECOND_MS;
/** Stopping waits this long (ms) for running work before it is cut off. */
export const STOP_TIMEOUT_MS: number = 4 * SECOND_MS;
