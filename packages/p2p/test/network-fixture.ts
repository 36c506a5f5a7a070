import type {
  BulkChannel,
  CertificateChain,
  ConnectedPeer,
  DhtHandlers,
  PeerHandlers,
  PeerId,
  PeerNetwork,
  RequestPurpose,
} from "@gstore/core";
import {
  createNetworkSecrets,
  generateIdentity,
  issueCertificate,
  type NetworkSecrets,
  type NodeIdentity,
  verifyCertificate,
} from "@gstore/crypto";
import { afterEach } from "vitest";
import { type CreatePeerNetworkOptions, createPeerNetwork } from "../src/index.ts";

export type TestNode = {
  readonly identity: NodeIdentity;
  readonly certificate: CertificateChain;
  readonly secrets: NetworkSecrets;
  readonly network: PeerNetwork;
  readonly events: string[];
  readonly handlers: PeerHandlers;
  address(): string;
  /** Resolves when `peers()` has come to this. */
  until(condition: () => boolean): Promise<void>;
  stop(): Promise<void>;
};

export interface TestNodeOptions extends Partial<CreatePeerNetworkOptions> {
  readonly secrets?: NetworkSecrets;
  readonly request?: (
    from: PeerId,
    purpose: RequestPurpose,
    message: Uint8Array,
    signal: AbortSignal,
  ) => Promise<Uint8Array>;
  readonly bulk?: (from: PeerId, channel: BulkChannel) => Promise<void>;
  readonly admit?: (peer: PeerId, certificate: CertificateChain) => void;
  readonly stranger?: NonNullable<PeerHandlers["stranger"]>;
  readonly dhtHandlers?: DhtHandlers;
}

let listenDefault = "127.0.0.1:0";

/** Where nodes listen from now on that are not told where. */
export function listenByDefault(address: string): void {
  listenDefault = address;
}

export const sharedSecrets: NetworkSecrets = createNetworkSecrets();
const started: TestNode[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((node) => node.stop()));
});

export function certificateOf(
  identity: NodeIdentity,
  secrets: NetworkSecrets = sharedSecrets,
): CertificateChain {
  return [
    issueCertificate({
      secrets,
      identity,
      role: "writer",
      name: "test",
      spaces: null,
      parents: [],
      timeMs: 0,
    }),
  ];
}

/** A running node on 127.0.0.1, stopped after the test. */
export async function startNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { secrets = sharedSecrets, request, bulk, admit, stranger, dhtHandlers, ...rest } = options;
  const identity = rest.identity ?? generateIdentity();
  const certificate = rest.certificate ?? certificateOf(identity, secrets);
  const events: string[] = [];
  let changed = Promise.withResolvers<void>();
  const note = (event: string): void => {
    events.push(event);
    changed.resolve();
    changed = Promise.withResolvers();
  };
  const network = createPeerNetwork({
    networkId: secrets.networkId,
    listen: [listenDefault],
    bootstrap: [],
    ...rest,
    identity,
    certificate,
  });
  const handlers: PeerHandlers = {
    request: request ?? (async (_from, _purpose, message) => message),
    bulk: bulk ?? echoBulk,
    admit:
      admit ??
      ((peer, chain) => void verifyCertificate(chain, { networkId: secrets.networkId, subject: peer })),
    ...(stranger === undefined ? {} : { stranger }),
    ...(dhtHandlers === undefined ? {} : { dht: dhtHandlers }),
    connected: (peer: ConnectedPeer) => note(`connected ${peer.peer}`),
    disconnected: (peer) => note(`disconnected ${peer}`),
  };
  const node: TestNode = {
    identity,
    certificate,
    secrets,
    network,
    events,
    handlers,
    address: () => network.addresses()[0] as string,
    until: async (condition) => {
      while (!condition()) await changed.promise;
    },
    stop: () => network.stop(),
  };
  await network.start(handlers);
  started.push(node);
  return node;
}

/** Sends every frame back. */
export async function echoBulk(_from: PeerId, channel: BulkChannel): Promise<void> {
  for (let frame = await channel.receive(); frame !== null; frame = await channel.receive())
    await channel.send(frame);
}

/** Two nodes, the first of which has dialled the second. */
export async function startPair(
  first: TestNodeOptions = {},
  second: TestNodeOptions = {},
): Promise<[TestNode, TestNode]> {
  const [a, b] = await Promise.all([startNode(first), startNode(second)]);
  await a.network.connect(b.address());
  await b.until(() => b.network.peers().length === 1);
  return [a, b];
}

/** Resolves with what a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}
