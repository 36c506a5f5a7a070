import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { abortedError, GstoreError, isGstoreError, throwIfAborted } from "@gstore/core/client";
import { errorOfConnection, errorOfRecord, errorOfStatus, parseErrorRecord } from "./client-errors.ts";
import { decodeText } from "./file-headers.ts";
import { splitLines } from "./split-lines.ts";
import type { ErrorRecord } from "./wire-types.ts";

/**
 * Not imported: an import would evaluate every export of node:http, one of which loads a second HTTP client. That takes
 * 40 ms, a third of what a small command takes. And only where a node is talked to: `gstore --help` does not.
 */
const http = (): typeof import("node:http") => process.getBuiltinModule("node:http");

export interface ChannelRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: AsyncIterable<Uint8Array> | Uint8Array;
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of a JSON answer: a page of 1000 entries of 64 KiB at the very most. */
const JSON_BYTES_MAX = 128 * 1024 * 1024;
/** Bytes of an answer's head: an entry's worth of metadata, percent-encoded. */
const HEAD_BYTES_MAX = 256 * 1024;
const ERROR_HEADER = "x-gstore-error";

/** Requests to one node over its control socket. Every rejection is a `GstoreError`. */
export class HttpChannel {
  readonly #socketPath: string;
  readonly #dir: string;
  readonly #agent: Agent;

  constructor(options: {
    readonly socketPath: string;
    readonly dir: string;
    readonly connectionsMax: number;
  }) {
    this.#socketPath = options.socketPath;
    this.#dir = options.dir;
    this.#agent = new (http().Agent)({ keepAlive: true, maxSockets: options.connectionsMax, timeout: 0 });
  }

  /** Sends the request with its body and gives the answer's head; an answer of status 400 and above rejects with its error. */
  async send(options: ChannelRequest): Promise<IncomingMessage> {
    throwIfAborted(options.signal);
    const { method, path, headers = {}, body, signal } = options;
    const outgoing = http().request({
      socketPath: this.#socketPath,
      agent: this.#agent,
      method,
      path,
      headers: { host: "gstore", ...headers },
      maxHeaderSize: HEAD_BYTES_MAX,
      ...(signal === undefined ? {} : { signal }),
    });
    const answer = answerOf(outgoing);
    try {
      const incoming = await Promise.race([answer, sendBody(outgoing, body).then(() => answer)]);
      if ((incoming.statusCode ?? 0) < 400) return incoming;
      // The rest of a body that was refused is not wanted any more.
      if (!outgoing.writableFinished) incoming.once("close", () => outgoing.destroy());
      throw await errorOfAnswer(incoming);
    } catch (error) {
      outgoing.destroy();
      throw this.#translate(error, signal);
    }
  }

  /** Sends the request and gives the JSON of the answer. */
  async json<T>(options: ChannelRequest): Promise<T> {
    const incoming = await this.send(options);
    const text = await this.text(incoming, options.signal);
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      throw new GstoreError("INVALID_FORMAT", "The node's answer is no JSON.", { cause });
    }
  }

  /** What a long job tells, as it comes. The last event is its report; a failure rejects, a stream without either too. */
  async *job<Event extends { readonly type: string }>(
    options: ChannelRequest,
  ): AsyncGenerator<Exclude<Event, { type: "error" }>> {
    const incoming = await this.send(options);
    let isReported = false;
    for await (const line of splitLines(this.bytes(incoming, options.signal))) {
      const event = JSON.parse(line) as Event | ({ readonly type: "error" } & ErrorRecord);
      if (event.type === "error") throw errorOfRecord(event as ErrorRecord);
      isReported = event.type === "report";
      yield event as Exclude<Event, { type: "error" }>;
    }
    if (!isReported) throw new GstoreError("CONNECTION_LOST", "The node broke the work off.");
  }

  /** All of an answer as text. */
  async text(incoming: IncomingMessage, signal?: AbortSignal): Promise<string> {
    try {
      return await readText(incoming);
    } catch (error) {
      throw this.#translate(error, signal);
    }
  }

  /** An answer's bytes as they come. Ends only when all of them have. */
  async *bytes(incoming: IncomingMessage, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      for await (const part of incoming) yield part as Uint8Array;
      if (!incoming.complete) throw new GstoreError("CONNECTION_LOST", "The node broke the answer off.");
    } catch (error) {
      throw this.#translate(error, signal);
    }
  }

  /** Closes the kept connections. */
  close(): void {
    this.#agent.destroy();
  }

  #translate(error: unknown, signal: AbortSignal | undefined): GstoreError {
    return signal?.aborted ? abortedError(signal) : errorOfConnection(error, this.#dir);
  }
}

function answerOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    // Not once: a refused body can end in a second error, which nobody else would catch.
    outgoing.on("error", reject);
  });
  // Whoever awaits it sees the rejection; until then it must not count as unhandled.
  answer.catch(() => {});
  return answer;
}

/** Writes the body at the node's pace. Stops without an error when the answer comes first: it says why. */
async function sendBody(outgoing: ClientRequest, body: ChannelRequest["body"]): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body);
    return;
  }
  let isOver = false;
  outgoing.once("response", () => (isOver = true));
  outgoing.once("close", () => (isOver = true));
  try {
    for await (const part of body) {
      if (isOver) return;
      if (!outgoing.write(part)) await writable(outgoing);
    }
  } catch (cause) {
    if (isGstoreError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GstoreError("SOURCE_FAILED", `Reading what was to be stored failed: ${reason}`, { cause });
  }
  outgoing.end();
}

function writable(outgoing: ClientRequest): Promise<void> {
  const events = ["drain", "response", "close", "error"];
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) outgoing.off(event, done);
      resolve();
    };
    for (const event of events) outgoing.once(event, done);
  });
}

async function errorOfAnswer(incoming: IncomingMessage): Promise<GstoreError> {
  const header = incoming.headers[ERROR_HEADER];
  const text = typeof header === "string" ? decodeText(header) : await readText(incoming);
  incoming.resume();
  const record = parseErrorRecord(text);
  return record === undefined ? errorOfStatus(incoming) : errorOfRecord(record);
}

async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of incoming) {
    bytes += part.length;
    if (bytes > JSON_BYTES_MAX) throw new GstoreError("TOO_LARGE", "The node's answer is too large.");
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
