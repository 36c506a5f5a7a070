/** What the HTTP API takes from whoever can reach its port, with a token or without. */

/** The port that a node serves at if it is free, and how many behind it are tried. */
export const HTTP_PORT = 4080;
export const PORTS_TRIED_MAX = 100;
/** A browser has six to a host; beyond it new ones are dropped. With heads of the size below they hold 8 MiB. */
const CONNECTIONS_MAX = 256;
/** Bytes of a request's head. A key takes 3 KiB at most; more metadata than this leaves room for goes by the control socket. */
export const TCP_HEAD_BYTES_MAX: number = 32 * 1024;
/** How long (ms) a connection may take for a request's head, and for the handshake of TLS. */
const HEAD_TIMEOUT_MS = 10_000;
/** How long (ms) a connection may be open with nothing asked for. */
const IDLE_TIMEOUT_MS = 60_000;
/** How long (ms) a client may send nothing of a body, or take nothing of an answer, before it is cut off. */
const STALL_TIMEOUT_MS = 300_000;
/** Requests a second of one token, and how many at once beyond that: a page that opens asks for some hundreds. */
export const REQUESTS_PER_SECOND = 500;
export const REQUESTS_BURST = 2000;
/** The same for what is refused, of one address. */
export const REFUSALS_PER_SECOND = 10;
export const REFUSALS_BURST = 100;
/** Tokens and addresses whose requests are counted; beyond it the ones that asked longest ago begin anew. */
export const CALLERS_MAX = 4096;

/** What one connection may take, and how many there may be. */
export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connectionsMax: CONNECTIONS_MAX,
  headTimeoutMs: HEAD_TIMEOUT_MS,
  idleTimeoutMs: IDLE_TIMEOUT_MS,
  stallTimeoutMs: STALL_TIMEOUT_MS,
};
