import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a node's port on which the answers of the first connections get lost, once the request is through. */
export class LossyRelay {
  /** Called for each answer that is lost, once the node has said all that it had to say and before the newcomer notices. */
  onLoss: () => Promise<void> = async () => {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #lossesLeft: number;
  #losing: Promise<void> = Promise.resolve();

  private constructor(server: Server, losses: number) {
    this.#server = server;
    this.#lossesLeft = losses;
  }

  /** Listens on 127.0.0.1 and forwards to where `port` says at the time, if it does. */
  static async to(port: () => number | null, losses: number): Promise<LossyRelay> {
    const server = createServer();
    const relay = new LossyRelay(server, losses);
    server.on("connection", (near) => {
      const at = port();
      if (at === null) near.destroy();
      else relay.#join(near, connect({ host: "127.0.0.1", port: at }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return relay;
  }

  get address(): string {
    return `/ip4/127.0.0.1/tcp/${(this.#server.address() as { port: number }).port}`;
  }

  /** Rejects where what was to be done on a loss failed. */
  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.#losing;
  }

  #join(near: Socket, far: Socket): void {
    const losesAnswer = this.#lossesLeft-- > 0;
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
    }
    near.once("close", () => far.destroy());
    // The first that a dialler says is its half of the TLS handshake; the request comes with the second.
    let saidByDialler = 0;
    near.on("data", (bytes) => {
      saidByDialler++;
      far.write(bytes);
    });
    // What follows is the server's last word on TLS and then the answer, behind which it closes.
    far.on("data", (bytes) => {
      if (!losesAnswer || saidByDialler < 2) near.write(bytes);
    });
    far.once("close", () => {
      if (!losesAnswer || saidByDialler < 2) return void near.destroy();
      const lost = this.#losing.then(() => this.onLoss());
      this.#losing = lost;
      // Whoever closes the relay is told.
      lost.catch(() => {}).finally(() => near.destroy());
    });
  }
}
