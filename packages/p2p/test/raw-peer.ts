import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import type { CertificateChain, NetworkId } from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { createWebSocketStream, WebSocket } from "ws";
import { parsePeerAddress } from "../src/address.ts";
import { encodeFrame } from "../src/frame-codec.ts";
import {
  bindingBytes,
  EXPORTER_BYTES,
  EXPORTER_LABEL,
  encodeHello,
  type HandshakeRole,
} from "../src/handshake.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";

/** A TCP connection to a node, and all it ever sends. */
export interface RawConnection<S extends Socket> {
  readonly socket: S;
  /** What the node has sent so far. */
  received(): Buffer;
  /** Resolves when the node has closed, with all it sent. */
  readonly closed: Promise<Buffer>;
}

export function rawTcp(address: string): RawConnection<Socket> {
  const { host, port } = parsePeerAddress(address);
  return recorded(connectTcp({ host, port }));
}

/** Without an identity no certificate is shown. */
export function rawTls(
  address: string,
  options: { identity?: NodeIdentity; alpn?: string } & ConnectionOptions = {},
): RawConnection<TLSSocket> {
  const { host, port, web } = parsePeerAddress(address);
  const { identity, alpn = "gstore/1", ...rest } = options;
  const credentials = identity ? createTlsCredentials(identity) : {};
  const below = web === null ? null : createWebSocketStream(new WebSocket(`${web}://${host}:${port}/gstore`));
  const socket = connectTls({
    ...(below === null ? { host, port } : { socket: below }),
    minVersion: "TLSv1.3",
    rejectUnauthorized: false,
    ALPNProtocols: [alpn],
    ...credentials,
    ...rest,
  });
  below?.once("end", () => below.end()).once("close", () => socket.destroy());
  below?.on("error", () => {});
  return recorded(socket);
}

function recorded<S extends Socket>(socket: S): RawConnection<S> {
  const chunks: Buffer[] = [];
  socket.on("data", (bytes) => chunks.push(bytes));
  socket.on("error", () => {});
  const received = (): Buffer => Buffer.concat(chunks);
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  socket.once("close", () => resolve(received()));
  return { socket, received, closed: promise };
}

/** The frame of a hello as a node with this identity would say it on this TLS session. */
export function helloFrame(
  socket: TLSSocket,
  says: { identity: NodeIdentity; network: NetworkId; certificate: CertificateChain; role?: HandshakeRole },
): Uint8Array {
  const { identity, network, certificate, role = "dialler" } = says;
  const exporter = socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));
  const signature = identity.sign(bindingBytes({ role, network, exporter }));
  return encodeFrame(encodeHello({ network, certificate, agent: "raw", signature }));
}
