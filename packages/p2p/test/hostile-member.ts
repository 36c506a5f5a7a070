import { once } from "node:events";
import { systemClock } from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import type { Libp2p, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { onTestFinished } from "vitest";
import { createLibp2pNode } from "../src/libp2p-node.ts";
import { LinkGate } from "../src/link-gate.ts";
import { silentLogger } from "../src/logger.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { TlsEndpoint } from "../src/tls-endpoint.ts";
import { certificateOf, sharedSecrets } from "./network-fixture.ts";

export interface HostileMember {
  readonly identity: NodeIdentity;
  readonly node: Libp2p;
  /** Opens a raw stream to an address. */
  open(address: string, protocol: string): Promise<Stream>;
  address(): string;
}

/** A member with a valid certificate whose streams are in the test's own hands. */
export async function startHostileMember(): Promise<HostileMember> {
  const identity = generateIdentity();
  const endpoint = new TlsEndpoint({
    self: identity.peerId,
    credentials: createTlsCredentials(identity),
    gate: new LinkGate(),
    clock: systemClock,
    logger: silentLogger,
    terms: {
      network: sharedSecrets.networkId,
      certificate: certificateOf(identity),
      agent: "hostile",
      sign: (bytes) => identity.sign(bytes),
      admit() {},
      verify() {},
    },
  });
  const node = await createLibp2pNode({
    identity,
    endpoint,
    agent: "hostile",
    expectedAt: () => null,
    listen: ["/ip4/127.0.0.1/tcp/0"],
    connecting() {},
    bulkAdmitted() {},
    listenFailed() {},
  });
  await node.start();
  onTestFinished(async () => {
    await node.stop();
  });
  return {
    identity,
    node,
    open: (address, protocol) => node.dialProtocol(multiaddr(address), protocol),
    address: () => String(node.getMultiaddrs()[0]),
  };
}

/** Resolves when the other side has closed the stream. */
export async function closedStream(stream: Stream): Promise<void> {
  if (stream.status === "open") await once(stream as never, "close");
}
