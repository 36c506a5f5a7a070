import type { AddressInfo } from "node:net";
import type { Server } from "node:tls";
import { GstoreError } from "@gstore/core";
import { type Listener, type ListenerEvents, TypedEventEmitter } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { addressOf, parseMultiaddr } from "./address.ts";
import type { AdmittedLink, TlsEndpoint } from "./tls-endpoint.ts";

export interface TlsListenerOptions {
  readonly endpoint: TlsEndpoint;
  readonly admitted: (admitted: AdmittedLink) => void;
  readonly failed: (error: Error) => void;
}

/** One listening port. */
export class TlsListener extends TypedEventEmitter<ListenerEvents> implements Listener {
  readonly #options: TlsListenerOptions;
  readonly #server: Server;

  constructor(options: TlsListenerOptions) {
    super();
    this.#options = options;
    this.#server = options.endpoint.createServer(options.admitted);
  }

  /** Rejects with `ADDRESS_IN_USE` where the port is taken. */
  async listen(address: Multiaddr): Promise<void> {
    const { host, port } = parseMultiaddr(address);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen({ host, port }, resolve);
    try {
      await promise;
    } catch (cause) {
      const error = listenError(cause as NodeJS.ErrnoException, `${host}:${port}`);
      this.#options.failed(error);
      throw error;
    }
    // Running out of file descriptors while accepting is reported here; the server goes on.
    this.#server.on("error", (error) => this.safeDispatchEvent("error", { detail: error }));
    this.safeDispatchEvent("listening");
  }

  getAddrs(): Multiaddr[] {
    const address = this.#server.address() as AddressInfo | null;
    return address === null
      ? []
      : [addressOf({ host: address.address, port: address.port, peer: null }).multiaddr];
  }

  /**
   * Frees the port. Resolves at once: waiting for the last connection would be waiting for our own, which are closed by
   * who uses them. No "close" event, for libp2p would answer it by work on its address book a second later.
   */
  async close(): Promise<void> {
    this.#server.close();
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
