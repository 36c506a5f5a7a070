import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A way to a node's port on which the answers of the first connections get lost, once the request is through. */
export class LossyRelay {
  /** Called for each answer that is lost, before its connection is broken. */
  onLoss: () => Promise<void> = async () => {};
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #lossesLeft: number;

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

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    const losesAnswer = this.#lossesLeft-- > 0;
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    // The first that a dialler says is its half of the TLS handshake; the request comes with the second.
    let saidByDialler = 0;
    let isLost = false;
    near.on("data", (bytes) => {
      saidByDialler++;
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (!losesAnswer || saidByDialler < 2) near.write(bytes);
      else if (!isLost) void this.onLoss().finally(() => near.destroy());
      isLost = losesAnswer && saidByDialler >= 2;
    });
  }
}
