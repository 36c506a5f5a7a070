import type { Socket } from "node:net";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import { STRANGERS } from "./stranger-certificates.ts";

/** Ends the TLS of who dials it, with a key of its own, and speaks TLS with a node in its name: it reads all that is said. */
export class ManInTheMiddle {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #heard: Buffer[] = [];
  readonly #answered: Buffer[] = [];
  /** How often it was dialled. */
  dialled = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async before(port: number): Promise<ManInTheMiddle> {
    const server = createServer({
      ...{ ...STRANGERS.ed25519, minVersion: "TLSv1.3", requestCert: true, rejectUnauthorized: false },
      ALPNProtocols: ["gstore/1", "gstore-bulk/1", "gstore-join/1"],
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const between = new ManInTheMiddle(server, (server.address() as { port: number }).port);
    server.on("connection", () => between.dialled++);
    server.on("secureConnection", (near) => between.#join(near, port));
    server.on("tlsClientError", () => {});
    return between;
  }

  /** What was said inside TLS by who dialled, and what the node answered. */
  get heard(): Buffer {
    return Buffer.concat(this.#heard);
  }

  get answered(): Buffer {
    return Buffer.concat(this.#answered);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: TLSSocket, port: number): void {
    const far = connect({
      ...{ host: "127.0.0.1", port, ...STRANGERS.ed25519, minVersion: "TLSv1.3", rejectUnauthorized: false },
      ALPNProtocols: [near.alpnProtocol || "gstore/1"],
    });
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
    }
    near.on("data", (data: Buffer) => this.#heard.push(data)).once("close", () => far.destroy());
    far.on("data", (data: Buffer) => this.#answered.push(data)).once("close", () => near.destroy());
    near.pipe(far);
    far.pipe(near);
  }
}
