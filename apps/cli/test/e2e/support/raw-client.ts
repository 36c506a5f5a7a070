import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as tlsConnect } from "node:tls";

/** What a connection gave until it ended, and after how long (ms) that was. */
export interface Heard {
  readonly bytes: Buffer;
  readonly ms: number;
}

/** Sends bytes over bare TCP and listens until the other side closes. */
export function talk(port: number, bytes: Uint8Array): Promise<Heard> {
  const socket = connect({ host: "127.0.0.1", port });
  return listen(socket, () => socket.write(bytes));
}

/** The same inside TLS. Where the TLS handshake fails nothing is sent. */
export function talkTls(port: number, bytes: Uint8Array, options: ConnectionOptions): Promise<Heard> {
  const socket = tlsConnect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  return listen(
    socket,
    () => {},
    () => socket.write(bytes),
  );
}

function listen(socket: Socket, connected: () => void, secured: () => void = () => {}): Promise<Heard> {
  const begun = performance.now();
  const heard: Buffer[] = [];
  socket.on("data", (data: Buffer) => heard.push(data));
  // A reset is one way of closing.
  socket.on("error", () => {});
  socket.once("connect", connected);
  socket.once("secureConnect", secured);
  return new Promise((resolve) => {
    socket.once("close", () => resolve({ bytes: Buffer.concat(heard), ms: performance.now() - begun }));
  });
}
