import type { IncomingMessage } from "node:http";
import type { Clock } from "@gstore/core";
import type { GstoreNode } from "@gstore/server";
import type { FailureLog } from "./failure-log.ts";
import type { KeyLocks } from "./key-locks.ts";
import type { SessionStore } from "./sessions/session-store.ts";
import type { OwnNames } from "./tcp/same-site.ts";
import type { TokenStore } from "./tokens/token-store.ts";

/** What every route works with. */
export interface GatewayContext {
  readonly node: GstoreNode;
  readonly clock: Clock;
  readonly locks: KeyLocks;
  readonly failures: FailureLog;
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  /** Folder of the web page as it was built; null for none. */
  readonly page: string | null;
  /** The port that a request came in by; undefined for the control socket. */
  readonly portOf: (request: IncomingMessage) => OwnNames | undefined;
  /** Where the port is served, as others are told; null where none is. */
  readonly url: () => string | null;
  /** Fires when the gateway begins to stop: streams without an end of their own end then. */
  readonly stopping: AbortSignal;
  /** Is told of each fault that a client sees only as `INTERNAL`. */
  readonly onFault: (error: unknown) => void;
}
