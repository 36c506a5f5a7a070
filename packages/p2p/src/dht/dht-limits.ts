/** The maxima of the DHT. Where nothing else is said they are of one node. */

const KIB = 1024;
const SECOND_MS = 1000;
const HOUR_MS = 3600 * SECOND_MS;

/** Members that a lookup ends with, that keep a record, and that a bucket of the routing table holds (Kademlia's k). */
export const DHT_BUCKET_SIZE: number = 20;
/** Leading bits by which the routing table is split: 64 buckets of k are more than a network has members. */
export const DHT_PREFIX_BITS: number = 6;
/** Ways that a lookup takes apart from each other, so that one that leads to liars is not the only one; members asked at once on each. */
export const DHT_PATHS: number = 4;
export const DHT_ASKED_AT_ONCE_PER_PATH: number = 1;
/**
 * Members with one address (an IPv6 /64 is one) in the routing table, and asked in one lookup: most of a household, and never
 * so many that they are all of the k next to some key in a network of any size.
 */
export const DHT_MEMBERS_PER_ADDRESS_MAX: number = 16;
export const DHT_ASKED_PER_ADDRESS_MAX: number = 8;
/** Members asked in one lookup, and how long it may take (ms). In 1,000 members a lookup asks some 30. */
export const DHT_ASKED_PER_LOOKUP_MAX: number = 96;
export const DHT_LOOKUP_TIMEOUT_MS: number = 20 * SECOND_MS;
/** A request in a lookup, dialling included (ms): the least and the most that kad-dht makes of what it has measured. */
export const DHT_REQUEST_TIMEOUT_MIN_MS: number = 2 * SECOND_MS;
export const DHT_REQUEST_TIMEOUT_MAX_MS: number = 6 * SECOND_MS;
/** Members that gave the same record: after so many nobody else is asked. */
export const DHT_RECORDS_ENOUGH: number = 4;
/** Lookups at once, and that wait for their turn. More are `TOO_BUSY`. */
export const DHT_LOOKUPS_AT_ONCE_MAX: number = 4;
export const DHT_LOOKUPS_WAITING_MAX: number = 64;
/** Bytes of an answer: k members with 16 addresses each, and a record. */
export const DHT_ANSWER_BYTES_MAX: number = 64 * KIB;
/** Bytes of a request: a record of 4 KiB or 16 addresses. One stream is for one request. */
export const DHT_REQUEST_BYTES_MAX: number = 8 * KIB;
/** Streams that one member may open in a second and in a burst, and that may be open on one connection. */
export const DHT_REQUESTS_PER_SECOND: number = 20;
export const DHT_REQUESTS_BURST: number = 400;
export const DHT_STREAMS_PER_CONNECTION_MAX: number = 32;
/** Members whose addresses are known by hearsay alone, addresses of each, and how many one member may say at once. */
export const DHT_HINTS_MAX: number = 1024;
export const DHT_ADDRESSES_PER_HINT_MAX: number = 8;
export const DHT_ADDRESSES_PER_ANSWER_MAX: number = 4;
/** Addresses that are dialled to ask a member something. */
export const DHT_ADDRESSES_DIALLED_MAX: number = 4;
/** Who holds what: records in memory (some 400 bytes each), of one member, and for one key. How long one is believed (ms). */
export const DHT_HOLDER_RECORDS_MAX: number = 16_384;
export const DHT_HOLDER_RECORDS_PER_MEMBER_MAX: number = 2048;
export const DHT_HOLDERS_PER_KEY_MAX: number = DHT_BUCKET_SIZE;
export const DHT_RECORD_MS: number = 48 * HOUR_MS;
/** Connections that lookups made and that stay for the next one; more are closed where the node has many others. */
export const DHT_CONNECTIONS_KEPT_MAX: number = 16;
/** A new neighbourhood is looked at after this long (ms) of quiet, and again after this long at the least and at the most. */
export const DHT_SETTLE_MS: number = 2 * SECOND_MS;
export const DHT_REFRESH_MIN_MS: number = 60 * SECOND_MS;
export const DHT_REFRESH_MS: number = 12 * HOUR_MS;
