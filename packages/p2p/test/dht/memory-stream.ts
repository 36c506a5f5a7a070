import type { MessageStreamDirection } from "@libp2p/interface";
import { AbstractStream } from "@libp2p/utils";
import { Uint8ArrayList } from "uint8arraylist";

type SendResult = ReturnType<AbstractStream["sendData"]>;

const log = Object.assign(() => {}, { error() {}, trace() {}, enabled: false, newScope: () => log }) as never;
let count = 0;

/** One end of a libp2p stream inside this process. */
export class MemoryStream extends AbstractStream {
  #other: MemoryStream | null = null;

  constructor(direction: MessageStreamDirection) {
    super({ id: String(count++), direction, log });
  }

  /** Two ends of one stream. */
  static pair(): [MemoryStream, MemoryStream] {
    const ends: [MemoryStream, MemoryStream] = [new MemoryStream("outbound"), new MemoryStream("inbound")];
    ends[0].#other = ends[1];
    ends[1].#other = ends[0];
    return ends;
  }

  sendData(data: Uint8ArrayList): SendResult {
    const bytes = new Uint8ArrayList(data.slice());
    this.#later((other) => other.onData(bytes));
    return { sentBytes: bytes.byteLength, canSendMore: true };
  }

  sendReset(): void {
    this.#later((other) => other.onRemoteReset());
  }

  async sendCloseWrite(): Promise<void> {
    this.#later((other) => other.onRemoteCloseWrite());
  }

  async sendCloseRead(): Promise<void> {}
  sendPause(): void {}
  sendResume(): void {}

  #later(what: (other: MemoryStream) => void): void {
    const other = this.#other;
    if (other !== null) queueMicrotask(() => what(other));
  }
}
