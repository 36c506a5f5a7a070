import type { OutgoingHttpHeaders } from "node:http";
import { type ErrorCode, GstoreError, isGstoreError } from "@gstore/core/client";
import { errorOfRecord } from "./client-errors.ts";
import { CopiesClient } from "./copies-client.ts";
import { fileOfHeaders, headersOfMetadata } from "./file-headers.ts";
import type { GcEvent } from "./gc-wire-types.ts";
import { type CallOptions, HistoryClient } from "./history-client.ts";
import { HttpChannel } from "./http-channel.ts";
import { urlOfKey, urlOfKeys } from "./key-of-url.ts";
import { MembershipClient } from "./membership-client.ts";
import { PeersClient } from "./peers-client.ts";
import type { PeerRecord } from "./peers-wire-types.ts";
import { PolicyClient } from "./policy-client.ts";
import { withQuery } from "./query.ts";
import { findSocket } from "./socket-path.ts";
import type { StatusAnswer } from "./status-wire-types.ts";
import { TokenClient } from "./token-client.ts";
import { UsageClient } from "./usage-client.ts";
import type {
  ErrorRecord,
  FileRecord,
  IdAnswer,
  LimitsRecord,
  ListAnswer,
  ListRecord,
  NodeRef,
  RemoveAnswer,
  StoreAnswer,
  VerifyEvent,
} from "./wire-types.ts";

export interface PutOptions {
  readonly copies?: number;
  readonly wait?: "local" | "min" | "all";
  /** How long to wait for copies, such as `30s`. */
  readonly timeout?: string;
  readonly contentType?: string;
  readonly modifiedMs?: number;
  readonly mode?: number;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Bytes the body will give. Fewer, and nothing is stored. */
  readonly size?: number;
  readonly signal?: AbortSignal;
}

/** Which version of a file: the current one, unless one of these is given. */
export interface WhichVersion {
  /** An id, or enough of its beginning. */
  readonly version?: string;
  /** The version that was current then: a time as RFC 3339 has it. */
  readonly at?: string;
}

export interface Download {
  readonly file: FileRecord;
  /** Bytes that `body` gives. */
  readonly length: number;
  /** Ends only when all of them have come; rejects otherwise, with the node's reason where it gave one. */
  readonly body: AsyncGenerator<Uint8Array>;
}

/** A folder of small files keeps so many requests going. */
const CONNECTIONS_MAX = 64;

/** One running node, by the HTTP API on its control socket. Every rejection is a `GstoreError`. May be called concurrently. */
export class GatewayClient {
  readonly #channel: HttpChannel;
  readonly #space: string;
  /** Who is in the network, who is invited, and its spaces. */
  readonly membership: MembershipClient;
  /** What the keys held before. */
  readonly history: HistoryClient;
  /** How many copies there shall be, and where. */
  readonly policies: PolicyClient;
  /** Where copies are. */
  readonly copies: CopiesClient;
  /** The other nodes, and the ways to them. */
  readonly others: PeersClient;
  /** What is stored, and what is pinned. */
  readonly storage: UsageClient;
  readonly access: TokenClient;

  /** A client of the node whose folder is `dir`, for the keys of one space. Connects on first use; `NOT_RUNNING` then where nobody listens. */
  constructor({
    dir,
    socketPath = findSocket(dir),
    space = "main",
  }: { readonly dir: string; readonly socketPath?: string; readonly space?: string }) {
    this.#space = space;
    this.#channel = new HttpChannel({ socketPath, dir, connectionsMax: CONNECTIONS_MAX });
    this.membership = new MembershipClient(this.#channel);
    this.history = new HistoryClient(this.#channel, space);
    this.policies = new PolicyClient(this.#channel, space);
    this.copies = new CopiesClient(this.#channel, space);
    this.others = new PeersClient(this.#channel);
    this.storage = new UsageClient(this.#channel, space);
    this.access = new TokenClient(this.#channel);
  }

  /** Stores a file. Resolves when the node has it synced, on as many nodes as asked. */
  async put(
    key: string,
    body: AsyncIterable<Uint8Array> | Uint8Array,
    options: PutOptions = {},
  ): Promise<StoreAnswer> {
    const { copies, wait, timeout, signal } = options;
    const path = withQuery(this.#urlOf(key), { wait, copies, timeout });
    const headers = {
      ...headersOfPut(options),
      ...(body instanceof Uint8Array ? { "content-length": body.length } : {}),
    };
    return await this.#channel.json({ method: "PUT", path, headers, body, signal });
  }

  /** Opens a file, or a part of it: `start` and `end` are the first and the last byte. */
  async get(
    key: string,
    options: CallOptions & WhichVersion & { range?: { start: number; end?: number } } = {},
  ): Promise<Download> {
    const { range, signal } = options;
    // Not imported, as in http-channel.ts: most commands need nothing of it.
    const requestId = process.getBuiltinModule("node:crypto").randomUUID();
    const headers: OutgoingHttpHeaders = { "x-request-id": requestId };
    if (range !== undefined) headers.range = `bytes=${range.start}-${range.end ?? ""}`;
    const path = this.#urlOfVersion(key, options);
    const incoming = await this.#channel.send({ method: "GET", path, headers, signal });
    const length = Number(incoming.headers["content-length"]);
    const bytes = this.#channel.bytes(incoming, signal);
    return {
      file: fileOfHeaders(incoming.headers),
      length,
      body: this.#complete(bytes, { length, requestId }),
    };
  }

  /** Describes a file without reading it. */
  async stat(key: string, options: CallOptions & WhichVersion = {}): Promise<FileRecord> {
    const { signal } = options;
    const path = this.#urlOfVersion(key, options);
    const incoming = await this.#channel.send({ method: "HEAD", path, signal });
    incoming.resume();
    return fileOfHeaders(incoming.headers);
  }

  /** One page of the keys that begin with `prefix`. */
  page(
    prefix: string,
    options: { delimiter?: string; after?: string; limit?: number; signal?: AbortSignal } = {},
  ): Promise<ListAnswer> {
    const { signal, ...query } = options;
    const path = withQuery(urlOfKeys(this.#space), { prefix: prefix === "" ? undefined : prefix, ...query });
    return this.#channel.json({ method: "GET", path, signal });
  }

  /** All keys that begin with `prefix`, in order, read page by page. */
  async *list(
    prefix: string,
    options: { delimiter?: string; signal?: AbortSignal } = {},
  ): AsyncGenerator<ListRecord> {
    let after: string | null = "";
    while (after !== null) {
      const page: ListAnswer = await this.page(prefix, after === "" ? options : { ...options, after });
      yield* page.items;
      after = page.next;
    }
  }

  /** With `history`, also gives up what the key held before, on every node. */
  async remove(
    key: string,
    { history, signal }: { history?: boolean; signal?: AbortSignal } = {},
  ): Promise<RemoveAnswer> {
    const path = withQuery(this.#urlOf(key), { history: history ? "true" : undefined });
    return await this.#channel.json({ method: "DELETE", path, signal });
  }

  id({ signal }: { signal?: AbortSignal } = {}): Promise<IdAnswer> {
    return this.#channel.json({ method: "GET", path: "/v1/id", signal });
  }

  status({ signal }: { signal?: AbortSignal } = {}): Promise<StatusAnswer> {
    return this.#channel.json({ method: "GET", path: "/v1/status", signal });
  }

  peers({ signal }: CallOptions = {}): Promise<readonly PeerRecord[]> {
    return this.others.all(signal === undefined ? {} : { signal });
  }

  /** Makes the node dial a member at a multiaddr. */
  connect(address: string, { signal }: CallOptions = {}): Promise<NodeRef> {
    return this.others.connect(address, signal === undefined ? {} : { signal });
  }

  /** What bulk transfers are limited to, in bytes per second. */
  limits({ signal }: { signal?: AbortSignal } = {}): Promise<LimitsRecord> {
    return this.#channel.json({ method: "GET", path: "/v1/limits", signal });
  }

  /** Other limits, until the node stops; what is left out stays. */
  setLimits(limits: Partial<LimitsRecord>, { signal }: { signal?: AbortSignal } = {}): Promise<LimitsRecord> {
    const body = Buffer.from(JSON.stringify(limits));
    const headers = { "content-type": "application/json", "content-length": body.length };
    return this.#channel.json({ method: "PUT", path: "/v1/limits", headers, body, signal });
  }

  /** Re-hashes the node's whole store, and with `repair` mends it. The last event is the report; a failure rejects. */
  verify({
    signal,
    repair,
  }: {
    signal?: AbortSignal;
    repair?: boolean;
  } = {}): AsyncGenerator<Exclude<VerifyEvent, { type: "error" }>> {
    const path = repair ? "/v1/verify?repair=true" : "/v1/verify";
    return this.#channel.job<VerifyEvent>({ method: "POST", path, signal });
  }

  /** Takes away what no version names any more. The last event is the report; a failure rejects. */
  collectGarbage({
    signal,
    dryRun,
  }: {
    signal?: AbortSignal;
    dryRun?: boolean;
  } = {}): AsyncGenerator<Exclude<GcEvent, { type: "error" }>> {
    const path = withQuery("/v1/gc", { dryRun: dryRun ? "true" : undefined });
    return this.#channel.job<GcEvent>({ method: "POST", path, signal });
  }

  /** Closes the kept connections; without it they keep the process alive for a while. */
  close(): void {
    this.#channel.close();
  }

  #urlOf(key: string): string {
    return urlOfKey({ space: this.#space, key });
  }

  #urlOfVersion(key: string, { version, at }: WhichVersion): string {
    return withQuery(this.#urlOf(key), { version, at });
  }

  async *#complete(
    bytes: AsyncGenerator<Uint8Array>,
    { length, requestId }: { length: number; requestId: string },
  ): AsyncGenerator<Uint8Array> {
    let received = 0;
    try {
      for await (const part of bytes) {
        received += part.length;
        yield part;
      }
    } catch (error) {
      if (isGstoreError(error, "CONNECTION_LOST")) throw (await this.#failureOf(requestId)) ?? error;
      throw error;
    }
    if (received !== length) throw lost(`Only ${received} of ${length} bytes came.`);
  }

  /** Why the node broke off the download of that id; undefined where it doesn't say or is gone. */
  async #failureOf(requestId: string): Promise<GstoreError | undefined> {
    try {
      const path = `/v1/failures/${requestId}`;
      const { error } = await this.#channel.json<{ error: ErrorRecord | null }>({ method: "GET", path });
      return error === null ? undefined : errorOfRecord(error);
    } catch {
      return undefined;
    }
  }
}

function headersOfPut({
  contentType,
  modifiedMs,
  mode,
  metadata = {},
  size,
}: PutOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...headersOfMetadata(metadata) };
  if (contentType !== undefined) headers["content-type"] = checkedContentType(contentType);
  if (modifiedMs !== undefined) headers["x-gstore-modified"] = new Date(modifiedMs).toISOString();
  if (mode !== undefined) headers["x-gstore-mode"] = mode.toString(8).padStart(4, "0");
  if (size !== undefined) headers["content-length"] = size;
  return headers;
}

/** What a header can carry: a media type is visible ASCII and blanks, by its own definition too. */
function checkedContentType(contentType: string): string {
  if (/^[\x20-\x7e]+$/.test(contentType)) return contentType;
  throw new GstoreError("INVALID_ARGUMENT", "A content type is ASCII text on one line, such as text/plain.");
}

function lost(message: string): GstoreError {
  const code: ErrorCode = "CONNECTION_LOST";
  return new GstoreError(code, message, { retryable: true });
}
