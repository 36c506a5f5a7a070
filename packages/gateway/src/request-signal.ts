import type { ServerResponse } from "node:http";
import { GstoreError } from "@gstore/core";

/** A signal that fires when the client goes away before it has its whole answer. */
export function requestSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (!response.writableFinished) controller.abort(new GstoreError("ABORTED", "The client went away."));
  };
  if (response.destroyed) abort();
  else response.once("close", abort);
  return controller.signal;
}
