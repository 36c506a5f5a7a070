import type { Clock } from "@gstore/core";
import type { GstoreNode } from "@gstore/server";
import type { FailureLog } from "./failure-log.ts";
import type { KeyLocks } from "./key-locks.ts";

/** What every route works with. */
export interface GatewayContext {
  readonly node: GstoreNode;
  readonly clock: Clock;
  readonly locks: KeyLocks;
  readonly failures: FailureLog;
  /** Fires when the gateway begins to stop: streams without an end of their own end then. */
  readonly stopping: AbortSignal;
  /** Is told of each fault that a client sees only as `INTERNAL`. */
  readonly onFault: (error: unknown) => void;
}
