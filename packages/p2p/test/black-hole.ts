import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { addressOf, parsePeerAddress, type Web } from "../src/address.ts";

/** A way to a node that can be made to swallow everything, as a pulled cable does. */
export class BlackHole {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  readonly #web: Web | null;

  private constructor(server: Server, web: Web | null) {
    this.#server = server;
    this.#web = web;
  }

  /** Forwards a port of 127.0.0.1 to the node's address. */
  static async before(address: string): Promise<BlackHole> {
    const { host, port, web } = parsePeerAddress(address);
    const server = createServer();
    const hole = new BlackHole(server, web);
    server.on("connection", (from) => {
      const to = connect({ host, port });
      for (const [source, target] of [
        [from, to],
        [to, from],
      ] as const) {
        hole.#sockets.add(source);
        source.on("data", (bytes) => target.write(bytes));
        source.on("error", () => {});
        source.on("close", () => target.destroy());
      }
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return hole;
  }

  get address(): string {
    const { port } = this.#server.address() as { port: number };
    return String(addressOf({ host: "127.0.0.1", port, peer: null, web: this.#web }).multiaddr);
  }

  swallow(): void {
    for (const socket of this.#sockets) socket.removeAllListeners("data");
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
