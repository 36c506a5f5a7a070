import type { TLSSocket } from "node:tls";
import { GstoreError, type PeerId } from "@gstore/core";
import type { Multiaddr } from "@multiformats/multiaddr";
import { LINK_PENDING_BYTES_MAX } from "./limits.ts";

/** Names of what is spoken on a link, as ALPN puts them on the wire (docs/spec/transport.md). */
export const ALPN = { libp2p: "gstore/1", bulk: "gstore-bulk/1", join: "gstore-join/1" } as const;
export type AlpnName = (typeof ALPN)[keyof typeof ALPN];

/** Whoever reads a link now. */
export interface LinkReader {
  /** Bytes as they come; valid during the call only. */
  data(bytes: Uint8Array): void;
  /** Where the next bytes should go, where the socket can put them there; null for anywhere. */
  space?(): Uint8Array | null;
  /** So many bytes have been put at the beginning of what {@link space} gave. */
  filled?(count: number): void;
  /** The socket takes more. */
  drain?(): void;
  /** The link is gone: with an error unless the peer closed it in order. Called once, last. */
  closed(error: Error | null): void;
}

export interface LinkFacts {
  readonly peer: PeerId;
  readonly alpn: AlpnName;
  readonly direction: "inbound" | "outbound";
  /** The member through whom the link goes, which moves its ciphertext; null where it lies on TCP. */
  readonly relay: PeerId | null;
  /** Made by both sides' connecting at once, through their routers: nobody can dial the address again (docs/spec/punch.md). */
  readonly punched: boolean;
  /** The peer's end as multiaddr, with its PeerId. */
  readonly address: Multiaddr;
}

/** A TLS connection whose peer has proved its PeerId. Bytes that come before somebody reads are kept, within bounds. */
export class TlsLink {
  readonly peer: PeerId;
  readonly alpn: AlpnName;
  readonly direction: "inbound" | "outbound";
  readonly relay: PeerId | null;
  readonly punched: boolean;
  readonly address: Multiaddr;
  readonly socket: TLSSocket;
  bytesSent = 0;
  bytesReceived = 0;
  #reader: LinkReader | null = null;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #error: Error | null = null;
  #closed = false;
  #onClose: (() => void)[] = [];

  constructor(socket: TLSSocket, facts: LinkFacts) {
    this.socket = socket;
    this.peer = facts.peer;
    this.alpn = facts.alpn;
    this.direction = facts.direction;
    this.relay = facts.relay;
    this.punched = facts.punched;
    this.address = facts.address;
    socket.on("data", (bytes: Uint8Array) => this.take(bytes));
    socket.on("drain", () => this.#reader?.drain?.());
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.once("close", () => this.#close());
  }

  get reader(): LinkReader | null {
    return this.#reader;
  }

  get isOpen(): boolean {
    return !this.#closed && !this.socket.destroyed;
  }

  /** Gives the link to its next reader, with what has come in since the last one left. */
  attach(reader: LinkReader): void {
    this.#reader = reader;
    while (this.#reader === reader && this.#pending.length > 0) {
      const bytes = this.#pending.shift() as Uint8Array;
      this.#pendingBytes -= bytes.length;
      reader.data(bytes);
    }
    if (this.#reader !== reader) return;
    if (this.#closed) reader.closed(this.#error);
    else this.socket.resume();
  }

  /** Takes the link from its reader; what comes now waits for the next one. */
  detach(): void {
    this.#reader = null;
  }

  /** Gives back bytes that the reader was given and the next one is meant for. */
  unread(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pending.unshift(Uint8Array.from(bytes));
    this.#pendingBytes += bytes.length;
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    this.bytesSent += bytes.length;
    return this.socket.write(bytes, written);
  }

  /** Sends what is queued and closes. */
  end(): void {
    this.socket.destroySoon();
  }

  /** Closes at once. */
  destroy(error?: Error): void {
    this.#error ??= error ?? null;
    this.socket.destroy();
  }

  /** Calls back once when the link is gone, at once if it is already. */
  onClose(callback: () => void): void {
    if (this.#closed) callback();
    else this.#onClose.push(callback);
  }

  /** Takes bytes from the socket. */
  take(bytes: Uint8Array): void {
    this.bytesReceived += bytes.length;
    if (this.#reader) {
      this.#reader.data(bytes);
      return;
    }
    this.#pending.push(Uint8Array.from(bytes));
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes > LINK_PENDING_BYTES_MAX) this.socket.pause();
  }

  /** Takes bytes that the socket has put where the reader said. */
  filled(count: number, space: Uint8Array): void {
    if (this.#reader?.filled === undefined) {
      this.take(space.subarray(0, count));
      return;
    }
    this.bytesReceived += count;
    this.#reader.filled(count);
  }

  #close(): void {
    this.#closed = true;
    const reader = this.#reader;
    this.#reader = null;
    reader?.closed(this.#error);
    for (const callback of this.#onClose.splice(0)) callback();
  }
}

/** The error that a lost link stands for. */
export function connectionLost(peer: PeerId, cause?: unknown): GstoreError {
  if (cause instanceof GstoreError) return cause;
  return new GstoreError("CONNECTION_LOST", `The connection to ${peer} was lost.`, {
    peer,
    retryable: true,
    cause,
  });
}
