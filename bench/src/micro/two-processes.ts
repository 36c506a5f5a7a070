import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import type { PeerHandlers, PeerId, PeerNetwork } from "@gstore/core";
import { createNetworkSecrets, issueCertificate, NodeIdentity } from "@gstore/crypto";
import { createPeerNetwork } from "@gstore/p2p";
import type { BenchContext } from "../benchmark.ts";

/** What one frame carries: the average chunk. */
export const FRAME_BYTES = 256 * 1024;

/** What a bare connection's first byte asks for. */
export const ORDER = { take: 0, send: 1, echo: 2 } as const;
export const ORDER_BYTES = 9;

/** Of a node that only asks. */
export const idleHandlers: PeerHandlers = {
  request: async () => new Uint8Array(0),
  bulk: async () => {},
  admit() {},
  connected() {},
  disconnected() {},
};

/** A node's network part, of a network that both processes know, from a seed. */
export function networkOfSeed(
  seed: number,
  listen: readonly string[],
  options: { readonly relay?: "on" } = {},
): PeerNetwork {
  const random = { bytes: (length: number) => Buffer.alloc(length, 1), below: () => 0 };
  const secrets = createNetworkSecrets(random);
  const key = Buffer.alloc(32, seed);
  const identity = new NodeIdentity({ signingSeed: key, agreementScalar: key });
  const request = { role: "writer", name: "bench", spaces: null, parents: [], timeMs: 0 } as const;
  const certificate = [issueCertificate({ secrets, identity, ...request })];
  const self = { identity, networkId: secrets.networkId, certificate };
  return createPeerNetwork({ ...self, listen, bootstrap: [], ...options });
}

/** Bare node:tls with the options that the links have. */
export function bareTlsOptions(dir: string) {
  return {
    key: readFileSync(join(dir, "key.pem")),
    cert: readFileSync(join(dir, "cert.pem")),
    minVersion: "TLSv1.3",
    ciphers: "TLS_AES_128_GCM_SHA256",
    rejectUnauthorized: false,
  } as const;
}

export interface OtherProcess {
  readonly network: PeerNetwork;
  readonly peer: PeerId;
  /** A bare connection on which an order was given. */
  readonly bareConnection: (order: number, bytes: number) => Promise<TLSSocket>;
  readonly stop: () => Promise<void>;
}

/** Starts the other end of a benchmark (peer-process.ts) and connects to it. */
export async function startOtherProcess({ scratch }: BenchContext): Promise<OtherProcess> {
  const dir = scratch.folder("tls");
  const request = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=bench", "-days", "2"];
  execFileSync("openssl", [...request, "-keyout", join(dir, "key.pem"), "-out", join(dir, "cert.pem")], {
    stdio: "ignore",
  });
  const child = fork(new URL("./peer-process.ts", import.meta.url), [dir], { execArgv: process.execArgv });
  const [{ address, port }] = (await once(child, "message")) as [{ address: string; port: number }];
  const network = networkOfSeed(3, []);
  await network.start(idleHandlers);
  const peer = await network.connect(address);
  return {
    network,
    peer,
    bareConnection: async (order, bytes) => {
      const socket = connect({ port, host: "127.0.0.1", ...bareTlsOptions(dir) });
      await once(socket, "secureConnect");
      socket.setNoDelay(true);
      const message = Buffer.alloc(ORDER_BYTES);
      message[0] = order;
      message.writeDoubleBE(bytes, 1);
      socket.write(message);
      await once(socket, "data");
      return socket;
    },
    stop: async () => {
      await network.stop();
      child.disconnect();
    },
  };
}
