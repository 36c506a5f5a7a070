import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP relay on the way to a port, which counts what goes there, all connections together. */
export class MeteredWay {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Bytes from those that dial to the port. */
  bytes = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(port: number): Promise<MeteredWay> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const way = new MeteredWay(server, (server.address() as { port: number }).port);
    server.on("connection", (near) => way.#join(near, connect({ host: "127.0.0.1", port })));
    return way;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket, far: Socket): void {
    near.on("data", (data: Buffer) => {
      this.bytes += data.length;
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on("error", () => to.destroy());
      from.once("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
