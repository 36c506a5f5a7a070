import { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { WEB_MESSAGE_BYTES_MAX, WEB_SEND_QUEUE_BYTES } from "../limits.ts";

type Done = (error?: Error | null) => void;

/** Close codes of RFC 6455 with which a WebSocket ends in order: said, and said without a reason. */
const IN_ORDER = [1000, 1005];

/**
 * An open WebSocket as a stream of bytes, with its backpressure both ways: binary messages of at most
 * `WEB_MESSAGE_BYTES_MAX`, whose boundaries mean nothing.
 */
export class WebSocketDuplex extends Duplex {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    super({ highWaterMark: WEB_MESSAGE_BYTES_MAX });
    this.#socket = socket;
    // An error without a listener would end the process; whoever uses it hears of "close".
    this.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      if (isBinary) this.#take(data as Buffer);
      else this.destroy(new Error("a message that is text"));
    });
    // A proxy may ask whether somebody is there. Who does not read the answers gets no more of them.
    socket.on("ping", (data) => {
      if (socket.bufferedAmount < WEB_MESSAGE_BYTES_MAX) socket.pong(data, undefined, () => {});
    });
    socket.on("error", (error) => this.destroy(error));
    socket.on("close", (code) => {
      if (this.destroyed) return;
      if (IN_ORDER.includes(code)) this.push(null);
      else this.destroy(new Error(`the WebSocket was closed (${code})`));
    });
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(bytes: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    const socket = this.#socket;
    let isDone = bytes.length === 0;
    const once: Done = (error) => {
      if (isDone) return;
      isDone = true;
      done(error);
    };
    if (isDone) done();
    for (let at = 0; at < bytes.length; at += WEB_MESSAGE_BYTES_MAX) {
      const end = Math.min(bytes.length, at + WEB_MESSAGE_BYTES_MAX);
      const sent = end === bytes.length ? once : undefined;
      socket.send(bytes.subarray(at, end), { binary: true, compress: false }, sent);
    }
    if (socket.readyState === socket.OPEN && socket.bufferedAmount < WEB_SEND_QUEUE_BYTES) once();
  }

  override _final(done: Done): void {
    const socket = this.#socket;
    if (socket.readyState === socket.CLOSED) {
      done();
      return;
    }
    socket.once("close", () => done());
    socket.close(IN_ORDER[0]);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#socket.terminate();
    done(error);
  }

  #take(bytes: Buffer): void {
    if (this.destroyed || this.readableEnded) return;
    if (!this.push(bytes)) this.#socket.pause();
  }
}
