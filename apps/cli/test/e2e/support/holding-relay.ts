import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP relay on the way to a node that can keep the answer to a stranger's request back: the request is through by then. */
export class HoldingRelay {
  #holds = false;
  /** Where it leads; with null whoever dials it is hung up on. */
  port: number | null = null;
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Diallers whose answers were kept back: they hear of nothing, nor that the node hung up. */
  readonly #held = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.address = `/ip4/127.0.0.1/tcp/${(server.address() as { port: number }).port}`;
  }

  static async start(): Promise<HoldingRelay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const relay = new HoldingRelay(server);
    server.on("connection", (near) => relay.#join(near));
    return relay;
  }

  /** From now on answers are kept back. */
  hold(): void {
    this.#holds = true;
  }

  /** From now on answers pass; whose answer was kept back is hung up on, which it never gets. */
  release(): void {
    this.#holds = false;
    for (const near of this.#held) near.destroy();
    this.#held.clear();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket): void {
    if (this.port === null) return void near.destroy();
    const far = connect({ host: "127.0.0.1", port: this.port });
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
    }
    near.once("close", () => far.destroy());
    far.once("close", () => {
      if (!this.#held.has(near)) near.destroy();
    });
    // The first that a dialler says is its half of the TLS handshake; the request comes with the second or behind it.
    let saidByDialler = 0;
    near.on("data", (bytes) => {
      saidByDialler++;
      far.write(bytes);
    });
    far.on("data", (bytes) => {
      if (this.#holds && saidByDialler >= 2) this.#held.add(near);
      else if (!this.#held.has(near)) near.write(bytes);
    });
  }
}
