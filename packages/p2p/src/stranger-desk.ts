import { type Clock, isGstoreError, type PeerId } from "@gstore/core";
import { encodeFrame } from "./frame-codec.ts";
import { EXPORTER_BYTES } from "./handshake.ts";
import { CLOSE_TIMEOUT_MS, STRANGER_ANSWER_TIMEOUT_MS } from "./limits.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import { readFrame } from "./read-frame.ts";
import { StrangerGate } from "./stranger-gate.ts";
import {
  decodeStrangerRequest,
  encodeStrangerAnswer,
  encodeStrangerRefusal,
  STRANGER_EXPORTER_LABEL,
  STRANGER_REQUEST_FRAME_BYTES_MAX,
  strangerErrorOf,
  strangerFormatErrorOf,
} from "./stranger-messages.ts";
import type { TlsLink } from "./tls-link.ts";

export type StrangerHandler = (from: PeerId, message: Uint8Array, binding: Uint8Array) => Promise<Uint8Array>;

export interface StrangerDeskOptions {
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
  /** Who answers; null where nobody does, and `gstore-join/1` is then not offered. */
  handler(): StrangerHandler | null;
}

/**
 * The one place where who has shown no certificate is answered: one request on a connection with ALPN `gstore-join/1`, one
 * answer or refusal, and the connection is closed (docs/spec/handshake.md).
 */
export class StrangerDesk {
  readonly #options: StrangerDeskOptions;
  readonly #gate: StrangerGate;
  readonly #links = new Set<TlsLink>();

  constructor(options: StrangerDeskOptions) {
    this.#options = options;
    this.#gate = new StrangerGate(options.clock);
  }

  get isOpen(): boolean {
    return this.#options.handler() !== null;
  }

  /** Reads the request. Rejects where it is none; the stranger has then been told so. */
  async read(link: TlsLink): Promise<Uint8Array> {
    try {
      return decodeStrangerRequest(await readFrame(link, STRANGER_REQUEST_FRAME_BYTES_MAX));
    } catch (error) {
      if (link.isOpen) link.write(encodeFrame(encodeStrangerRefusal(strangerFormatErrorOf(error))));
      throw error;
    }
  }

  /** Answers a request and closes. What it holds is counted until the handler is done and the connection is gone. */
  async answer(link: TlsLink, request: Uint8Array): Promise<void> {
    const { clock, logger } = this.#options;
    const address = String(link.address);
    let leave: () => void;
    try {
      leave = this.#gate.enter(link.socket.remoteAddress ?? "");
    } catch (error) {
      logger.debug({ address, error }, "refused a stranger's request");
      link.write(encodeFrame(encodeStrangerRefusal(strangerErrorOf(error))));
      link.end();
      link.onClose(clock.after(CLOSE_TIMEOUT_MS, () => link.destroy()));
      return;
    }
    this.#links.add(link);
    link.onClose(() => this.#links.delete(link));
    link.onClose(clock.after(STRANGER_ANSWER_TIMEOUT_MS, () => link.destroy()));
    // Read on, and nothing kept: a stranger that goes away is noticed, and one that says more is not heard.
    link.attach({ data() {}, closed() {} });
    const reply = await this.#reply(link, request);
    if (link.isOpen) {
      link.write(encodeFrame(reply));
      link.end();
    }
    link.onClose(leave);
  }

  /** Closes the connections of one stranger, or of all. */
  close(peer?: PeerId): void {
    for (const link of [...this.#links]) if (peer === undefined || link.peer === peer) link.destroy();
  }

  async #reply(link: TlsLink, request: Uint8Array): Promise<Uint8Array> {
    try {
      const handler = this.#options.handler();
      if (handler === null) return encodeStrangerRefusal(strangerErrorOf(null));
      return encodeStrangerAnswer(await handler(link.peer, request, strangerBinding(link)));
    } catch (error) {
      const facts = { peer: link.peer, address: String(link.address), error };
      if (isGstoreError(error)) this.#options.logger.debug(facts, "refused a stranger's request");
      else this.#options.logger.warn(facts, "a stranger's request failed unexpectedly");
      return encodeStrangerRefusal(strangerErrorOf(error));
    }
  }
}

/** The TLS exporter's value for strangers' requests: the same at both ends of one session and nowhere else. */
export function strangerBinding(link: TlsLink): Uint8Array {
  return link.socket.exportKeyingMaterial(EXPORTER_BYTES, STRANGER_EXPORTER_LABEL, Buffer.alloc(0));
}
