import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { freeMemory, GstoreError } from "@gstore/core";

export interface StreamAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /** What it gives is ours: it is freed once it is sent. */
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes that the stream gives; null where that is not known, so that its end is what says that it is whole. */
  readonly length: number | null;
}

/**
 * Sends a stream at the client's pace. Rejects before a byte is sent where the stream fails at once, so that the caller
 * can still answer with an error; rejects after breaking the connection where it fails later or has another length
 * (`hasBegun` tells), because an answer that ends in order would pass for the whole file.
 */
export async function sendStream(response: ServerResponse, answer: StreamAnswer): Promise<void> {
  const reader = answer.stream.getReader();
  const onClose = (): void =>
    void reader.cancel(new GstoreError("ABORTED", "The client went away.")).catch(() => {});
  response.once("close", onClose);
  try {
    let part = await reader.read();
    const { length } = answer;
    response.writeHead(answer.status, {
      ...answer.headers,
      ...(length !== null && { "content-length": length }),
    });
    let sent = 0;
    for (; !part.done; part = await reader.read()) {
      sent += part.value.byteLength;
      if (length !== null && sent > length) break;
      if (!response.write(part.value, freedOnceSent(part.value))) await drained(response);
      if (response.destroyed) return;
    }
    if (response.destroyed) return;
    if (length !== null && sent !== length) {
      throw new GstoreError("INTERNAL", `The stream gave ${sent} bytes instead of ${length}.`);
    }
    response.end();
  } catch (error) {
    if (response.headersSent) response.destroy();
    throw error;
  } finally {
    response.off("close", onClose);
    reader.cancel().catch(() => {});
  }
}

/** Where it was not sent, the connection may still hold it for a moment. */
function freedOnceSent(part: Uint8Array): (error?: Error | null) => void {
  return (error) => {
    if (!error) freeMemory(part);
  };
}

/** Whether the answer's head is on its way, so that no other answer can be given. */
export function hasBegun(response: ServerResponse): boolean {
  return response.headersSent || response.destroyed;
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}
