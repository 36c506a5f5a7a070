import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP relay on the way to a port: it keeps all bytes that pass, in both directions. */
export class Relay {
  readonly port: number;
  readonly #server: Server;
  readonly #captured: Buffer[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(port: number): Promise<Relay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const relay = new Relay(server, (server.address() as { port: number }).port);
    server.on("connection", (near) => relay.#join(near, connect({ host: "127.0.0.1", port })));
    return relay;
  }

  get captured(): Buffer {
    return Buffer.concat(this.#captured);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (data: Buffer) => this.#captured.push(data));
      from.on("error", () => to.destroy());
      from.once("close", () => to.destroy());
      from.pipe(to);
    }
  }
}
