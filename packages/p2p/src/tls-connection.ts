import type { AbortOptions, Logger } from "@libp2p/interface";
import { AbstractMultiaddrConnection, type SendResult } from "@libp2p/utils";
import { CLOSE_TIMEOUT_MS } from "./limits.ts";
import type { TlsLink } from "./tls-link.ts";

type Sendable = Parameters<AbstractMultiaddrConnection["sendData"]>[0];

/** A link as libp2p wants it: what the muxer runs on. */
export class TlsConnection extends AbstractMultiaddrConnection {
  readonly link: TlsLink;
  /** The muxer's ping, once there is one. */
  ping: () => Promise<unknown> = () => Promise.reject(new Error("no muxer yet"));
  #corked = false;

  constructor(link: TlsLink, log: Logger) {
    super({ remoteAddr: link.address, direction: link.direction, log });
    this.link = link;
    link.attach({
      data: (bytes) => this.onData(bytes),
      drain: () => this.safeDispatchEvent("drain"),
      closed: (error) => this.onTransportClosed(error ?? undefined),
    });
  }

  sendData(data: Sendable): SendResult {
    const sentBytes = data.byteLength;
    this.#cork();
    let canSendMore = true;
    for (const bytes of data) canSendMore = this.link.write(bytes);
    return { sentBytes, canSendMore };
  }

  async sendClose(options?: AbortOptions): Promise<void> {
    if (!this.link.isOpen) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const signal = options?.signal ?? AbortSignal.timeout(CLOSE_TIMEOUT_MS);
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    this.link.onClose(resolve);
    this.link.end();
    await promise.finally(() => signal.removeEventListener("abort", giveUp));
  }

  sendReset(error: Error): void {
    this.link.destroy(error);
  }

  sendPause(): void {
    this.link.socket.pause();
  }

  sendResume(): void {
    this.link.socket.resume();
  }

  /** Puts what is written in one go into one TLS record: yamux sends its headers by themselves. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.link.socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.link.socket.uncork();
    });
  }
}
