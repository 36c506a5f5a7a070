import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";

/** What a connection gave until it ended, and after how long (ms) that was. */
export interface Heard {
  readonly bytes: Buffer;
  readonly ms: number;
  /** Whether a TLS handshake was done before. */
  readonly isSecured: boolean;
}

/** Sends bytes over bare TCP and listens until the other side closes. */
export function talk(
  port: number,
  bytes: Uint8Array,
  options: { readonly localAddress?: string } = {},
): Promise<Heard> {
  const socket = connect({ host: "127.0.0.1", port, ...options });
  socket.once("connect", () => socket.write(bytes));
  return hear(socket);
}

/** The same inside TLS. Where the TLS handshake fails nothing is sent. */
export function talkTls(port: number, bytes: Uint8Array, options: ConnectionOptions): Promise<Heard> {
  const socket = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  socket.once("secureConnect", () => socket.write(bytes));
  return hear(socket);
}

/** Listens until the other side closes. */
export function hear(socket: Socket): Promise<Heard> {
  const begun = performance.now();
  const heard: Buffer[] = [];
  let isSecured = false;
  socket.on("data", (data: Buffer) => heard.push(data));
  // A reset is one way of closing.
  socket.on("error", () => {});
  socket.once("secureConnect", () => {
    isSecured = true;
  });
  return new Promise((resolve) => {
    socket.once("close", () =>
      resolve({ bytes: Buffer.concat(heard), ms: performance.now() - begun, isSecured }),
    );
  });
}
