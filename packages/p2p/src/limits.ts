/** The maxima that only this package needs; those that others share stand in core's limits.ts. */

import { PUSH_WINDOW_BYTES } from "@gstore/core";

const KIB = 1024;
const MIB = 1024 * KIB;

/** libp2p connections of one peer. Two come from dialling each other at once; more only from dialling several addresses. */
export const CONNECTIONS_PER_PEER_MAX: number = 8;
/** Bytes given to the socket of a bulk connection and not yet taken by the kernel: two writes, so that it never runs dry. */
export const BULK_WRITE_BYTES_MAX: number = 256 * KIB;
export const BULK_WRITES_IN_FLIGHT_MAX: number = 2;
/** Bytes queued on a bulk channel before `send` waits. */
export const BULK_SEND_QUEUE_BYTES: number = 512 * KIB;
/** Bytes of frames received on a bulk channel and not yet asked for, after which the socket is paused. */
export const BULK_READ_AHEAD_BYTES: number = 512 * KIB;
/**
 * Limits of bulk transfers per second: no lower ones, below which a transfer would be taken for stalled. What was not used is
 * saved up to this share of a second's worth; a waiting connection gets this share of it at a time, so many bytes at most.
 */
export const RATE_BYTES_PER_SECOND_MIN: number = 64 * KIB;
export const RATE_BURST_SHARE: number = 1 / 4;
export const RATE_QUANTUM_SHARE: number = 1 / 20;
export const RATE_QUANTUM_BYTES_MAX: number = 64 * KIB;
/** Bytes at the beginning of a transfer that go first: a small file, or what a reader waits for. */
export const BULK_FIRST_BYTES: number = 256 * KIB;
/** Bytes that a connection reads in its turn where receiving is limited: one read of the socket. */
export const BULK_READ_TURN_BYTES: number = 64 * KIB;
/** Bytes of a peer's unread frames that are thrown away to save a connection for the next transfer. */
export const BULK_DISCARD_BYTES_MAX: number = 8 * MIB;
/** Bytes of frames that are kept for frames to come while transfers run: as many as are on their way from a peer at most. */
export const FRAME_MEMORY_BYTES_MAX: number = PUSH_WINDOW_BYTES;
/** Frames below this many bytes are not kept: their memory costs little. */
export const POOLED_FRAME_BYTES_MIN: number = 64 * KIB;
/** Bytes of the open message on a new bulk connection. */
export const BULK_OPEN_BYTES_MAX: number = 64;
/** Bytes of an error that travels: a code, a flag and a sentence. */
export const ERROR_BYTES_MAX: number = 2 * KIB;
/** Characters of an error's message that travel. */
export const ERROR_MESSAGE_CHARACTERS_MAX: number = 400;
/** Warnings that one peer's doings may write to the log in a period (ms); more are counted. A minute says enough. */
export const PEER_WARNINGS_MAX: number = 10;
export const PEER_WARNINGS_PERIOD_MS: number = 60_000;
/** What a buffered frame is counted with besides its bytes: the objects around it. So that tiny ones can't fill the memory. */
export const FRAME_MEMORY_BYTES: number = 512;
/** Requests of one peer worked on at once, all its streams together, whose answers may be whole messages: 32 MiB of them. */
export const LARGE_ANSWERS_AT_ONCE_MAX: number = 8;
/** Bytes of CBOR around the payload of a request frame. */
export const REQUEST_FRAME_OVERHEAD: number = 32;
/** Handlers of one stream that still run though their requests were cancelled: above it, requests get `TOO_BUSY`. */
export const CANCELLED_HANDLERS_MAX: number = 256;
/** Inbound streams of one protocol on one connection: one is kept, the others are being replaced. */
export const STREAMS_PER_PROTOCOL_MAX: number = 8;
/** Window of one stream, at most. What a paused stream may still hold. */
export const STREAM_WINDOW_BYTES_MAX: number = 4 * MIB;
/** Bytes received on a link before somebody reads from it; more pauses the socket. */
export const LINK_PENDING_BYTES_MAX: number = 64 * KIB;
/** Bytes of the name and version a node gives itself in the handshake. */
export const AGENT_BYTES_MAX: number = 64;
/** A connection that another one of the same peer replaces is closed after being idle for this long (ms). */
export const DUPLICATE_GRACE_MS: number = 2000;
/** A link that is being closed in order has this long (ms) to send what is queued. */
export const CLOSE_TIMEOUT_MS: number = 1000;
/** Member connections from and to one address: half of `CONNECTIONS_MAX`, so that no single place can take all the room. */
export const CONNECTIONS_PER_ADDRESS_MAX: number = 256;
/** That a cap on connections is reached is a warning in the log once in so long (ms). */
export const REACHED_CAPS_WARNED_EVERY_MS: number = 60_000;

/** The local network is asked for nodes of this network this often (ms): a question and its answers are some hundred bytes. */
export const LAN_QUERY_INTERVAL_MS: number = 10_000;
/** Addresses that are looked at in one answer from the local network. */
export const LAN_ADDRESSES_MAX: number = 16;

// Relaying and reachability (docs/spec/relay.md).

/** Bytes of a message in front of a relayed connection: a version, a key or a code. */
export const RELAY_MESSAGE_BYTES_MAX: number = 64;
/** Bytes of a request or answer about reachability: an IP address in text and a few numbers. */
export const REACH_MESSAGE_BYTES_MAX: number = 128;
/** Members that a node has places for, who can be reached through it. */
export const RELAY_PLACES_MAX: number = 64;
/** Window of a relayed stream, at most: enough for 10 MiB/s of each at 100 ms. */
export const RELAYED_WINDOW_BYTES_MAX: number = 1 * MIB;
/** Relayed connections at once. Each holds up to two windows that the other end does not take, and some more: 100 MiB at the worst. */
export const RELAYED_MAX: number = 32;
/** And those of one member, at either end: a connection and both sides' bulk connections with one other, and some more. */
export const RELAYED_PER_PEER_MAX: number = 12;
/** What a relay carries of one connection, both ways together, and for how long (ms); its ends then make another. */
export const RELAYED_BYTES_MAX: number = 4 * 1024 * MIB;
export const RELAYED_TIME_MAX_MS: number = 4 * 60 * 60_000;
/**
 * Bytes that go through a relayed connection one way before its node's limits on bulk, and so many more a second: requests and
 * small reads are below that, transfers are not.
 */
export const RELAYED_FIRST_BYTES: number = 256 * KIB;
export const RELAYED_FIRST_BYTES_PER_SECOND: number = 16 * KIB;
/** Bytes that a relay reads from one side before the other has taken them, beyond the stream's window. */
export const RELAYED_BUFFER_BYTES: number = 256 * KIB;
/** Relays that a node which can't be reached has places at. */
export const RELAYS_WANTED: number = 2;
/** Members that are asked at once to dial back. */
export const REACH_ASKED_MAX: number = 4;
/** Dials back for all members at once. */
export const DIAL_BACKS_AT_ONCE_MAX: number = 8;
/** How long (ms) a dial back may take: it is of one address, of a node that is there. */
export const DIAL_BACK_TIMEOUT_MS: number = 4000;
/** After who is connected changed, a node asks this much later (ms): others may be about to come. */
export const REACH_SETTLE_MS: number = 1000;
/** How often (ms) a node looks whether it can be reached: while it can't, and while it can. Some hundred bytes each. */
export const REACH_RETRY_MS: number = 60_000;
export const REACH_RECHECK_MS: number = 10 * 60_000;

// Hole punching (docs/spec/punch.md).

/** Who is connected through a relay waits this long (ms) before it punches: as a rule a direct dial succeeds first. */
export const PUNCH_DELAY_MS: number = 2000;
/** After a try that failed, the next one with that peer is so much later (ms): twice as long each time, up to half an hour. */
export const PUNCH_RETRY_MIN_MS: number = 10_000;
export const PUNCH_RETRY_MAX_MS: number = 30 * 60_000;
/** A punched way that lasted (ms) was a success: the next try after it is not put off. */
export const PUNCH_LASTING_MS: number = 60_000;
/** Tries at once with all peers, those they ask for included. */
export const PUNCHES_AT_ONCE_MAX: number = 4;
/** Peers whose last tries are remembered; one more forgets the oldest. */
export const PUNCH_PEERS_MAX: number = 256;
/** How long (ms) two connect to each other: four SYNs, sent after 0, 1, 3 and 7 s. */
export const PUNCH_CONNECT_TIMEOUT_MS: number = 8000;
/** Routers give no ports below to who is behind them, and what listens there is no gstore node behind a router. */
export const PUNCH_PORT_MIN: number = 1024;
/** Members that are waiting at a relay for each other or connecting, in all, and links of one member among them. */
export const MEETINGS_MAX: number = 32;
export const MEETINGS_PER_PEER_MAX: number = 4;
/** How long (ms) a relay keeps the link of one that waits for another or connects to it. */
export const MEETING_TIMEOUT_MS: number = 20_000;

// Links in WebSockets (docs/spec/transport.md).

/** Bytes of one message: what is sent at once, and more from the other side is refused before it is kept. */
export const WEB_MESSAGE_BYTES_MAX: number = 64 * KIB;
/** Frames of one message, and pieces in which one frame may come: a proxy may cut them up, and each has memory of its own. */
export const WEB_FRAGMENTS_MAX: number = 64;
export const WEB_BUFFERED_CHUNKS_MAX: number = 4096;
/** Bytes given to a WebSocket and not yet taken by the kernel before a writer waits. */
export const WEB_SEND_QUEUE_BYTES: number = 256 * KIB;
/** Bytes of the head of an HTTP request or answer around a WebSocket; proxies add some lines of their own. */
export const WEB_HEAD_BYTES_MAX: number = 8 * KIB;

// Ports that a router forwards (UPnP).

/** After the start (ms) others have had time to say whether they can dial the node. */
export const UPNP_DELAY_MS: number = 3000;
/** The node's own addresses are looked at this often (ms), and a router looked for in so long (ms) again where there was none. */
export const UPNP_LOOK_MS: number = 30_000;
export const UPNP_RETRY_MS: number = 30 * 60_000;
/** How long a router is asked to forward: it ends by itself where the node was killed. Renewed at half of it. */
export const UPNP_LEASE_SECONDS: number = 3600;
/** How long (ms) answers to a search are waited for, and to one request. */
export const UPNP_SEARCH_MS: number = 2500;
export const UPNP_REQUEST_TIMEOUT_MS: number = 5000;
/** A node that stops waits this long (ms) at most for its port to be given back. */
export const UPNP_CLOSE_TIMEOUT_MS: number = 1500;
/** Answers to a search that are followed, and local networks that are searched. */
export const UPNP_ROUTERS_MAX: number = 4;
export const UPNP_SEARCHED_MAX: number = 4;
/** Bytes of an answer: descriptions of routers are 2 to 20 KiB. */
export const UPNP_ANSWER_BYTES_MAX: number = 64 * KIB;
/** Ports that are tried where the node's own is forwarded to another machine. */
export const UPNP_OTHER_PORTS_MAX: number = 3;

// Requests of strangers, on `gstore-join/1` (docs/spec/handshake.md).

/** Bytes of the one message that a stranger may send: a proof, a name and keys are a few hundred. */
export const STRANGER_REQUEST_BYTES_MAX: number = 64 * KIB;
/** Bytes of CBOR around such a message or its answer. */
export const STRANGER_MESSAGE_OVERHEAD: number = 16;
/** Requests of strangers worked on or being answered at once: 64 MiB at the very most, if each is handed a whole log. */
export const STRANGERS_AT_ONCE_MAX: number = 16;
/** And from one address: half, so that one cannot keep all others out. */
export const STRANGERS_AT_ONCE_PER_ADDRESS_MAX: number = 8;
/** Requests from one address in a second, and in a burst after a quiet time: people redeem few, who guesses many. */
export const STRANGER_REQUESTS_PER_SECOND: number = 10;
export const STRANGER_REQUESTS_BURST: number = 20;
/** The same of all addresses together. It also bounds how many addresses are remembered: a few hundred. */
export const STRANGER_REQUESTS_PER_SECOND_TOTAL: number = 50;
export const STRANGER_REQUESTS_BURST_TOTAL: number = 100;
/** Answering a stranger takes at most this long (ms) from its request on: the longest answer at 1.2 Mbit/s. */
export const STRANGER_ANSWER_TIMEOUT_MS: number = 30_000;
/** Who asks as a stranger waits this long (ms) in all where it says nothing else: dialling, the above and a little more. */
export const STRANGER_TIMEOUT_MS: number = 45_000;
