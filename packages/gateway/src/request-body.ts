import type { IncomingMessage } from "node:http";
import { GstoreError } from "@gstore/core";

/**
 * The request's body. The store may stop reading when it fails: the connection stays open for the answer that says why,
 * and what the client still sends is thrown away (unread, it would keep us from seeing that the client has gone).
 */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } catch (cause) {
    throw new GstoreError("SOURCE_FAILED", "The client went away before it had sent the whole file.", {
      cause,
    });
  } finally {
    request.resume();
  }
}
