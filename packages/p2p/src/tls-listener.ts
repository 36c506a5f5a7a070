import type { AddressInfo, Server } from "node:net";
import { GstoreError } from "@gstore/core";
import { type Listener, type ListenerEvents, TypedEventEmitter } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { addressOf, type PeerAddress, parseMultiaddr, type Web } from "./address.ts";
import type { AdmittedLink, TlsEndpoint } from "./tls-endpoint.ts";

export interface TlsListenerOptions {
  readonly endpoint: TlsEndpoint;
  readonly admitted: (admitted: AdmittedLink) => void;
  readonly failed: (error: Error) => void;
}

/** One listening port, of plain TCP or for WebSockets. */
export class TlsListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #options: TlsListenerOptions;
  #server: Server | null = null;
  #web: Web | null = null;

  constructor(options: TlsListenerOptions) {
    super();
    this.#options = options;
  }

  /** Rejects with `ADDRESS_IN_USE` where the port is taken. */
  async listen(address: Multiaddr): Promise<void> {
    const parsed = parseMultiaddr(address);
    const { host, port } = parsed;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let server: Server;
    try {
      server = await this.#serverFor(parsed);
      this.#server = server;
      server.once("error", reject);
      server.listen({ host, port }, resolve);
      await promise;
    } catch (cause) {
      const at = `${host}:${port}`;
      const error = cause instanceof GstoreError ? cause : listenError(cause as NodeJS.ErrnoException, at);
      this.#options.failed(error);
      throw error;
    }
    this.#web = parsed.web;
    // Running out of file descriptors while accepting is reported here; the server goes on.
    server.on("error", (error) => this.safeDispatchEvent("error", { detail: error }));
    this.safeDispatchEvent("listening");
  }

  getAddrs(): Multiaddr[] {
    const bound = this.#server?.address() as AddressInfo | null | undefined;
    if (!bound) return [];
    return [addressOf({ host: bound.address, port: bound.port, peer: null, web: this.#web }).multiaddr];
  }

  /**
   * Frees the port. Resolves at once: waiting for the last connection would be waiting for our own, which are closed by
   * who uses them. No "close" event, for libp2p would answer it by work on its address book a second later.
   */
  async close(): Promise<void> {
    this.#server?.close();
  }

  async #serverFor({ web, multiaddr }: PeerAddress): Promise<Server> {
    const { endpoint, admitted } = this.#options;
    if (web === null) return endpoint.createServer(admitted);
    if (web === "ws") return (await import("./web/web-server.ts")).createWebServer(endpoint, admitted);
    const message = `A node does not listen at ${multiaddr} itself. Listen by ws, with a web server before it that does TLS.`;
    throw new GstoreError("INVALID_ARGUMENT", message, { address: String(multiaddr) });
  }

  updateAnnounceAddrs(): void {}
}

function listenError(cause: NodeJS.ErrnoException, at: string): GstoreError {
  const fields = { address: at, cause, ...(cause.code === undefined ? {} : { systemCode: cause.code }) };
  if (cause.code === "EADDRINUSE") {
    return new GstoreError(
      "ADDRESS_IN_USE",
      `${at} is in use by another program. Stop it or listen elsewhere (--listen HOST:PORT).`,
      fields,
    );
  }
  const reason =
    cause.code === "EACCES"
      ? "this user may not"
      : cause.code === "EADDRNOTAVAIL"
        ? "this machine has no such address"
        : cause.message;
  return new GstoreError(
    "INVALID_ARGUMENT",
    `Cannot listen on ${at}: ${reason}. Listen elsewhere (--listen HOST:PORT).`,
    fields,
  );
}
