import { createServer } from "node:net";
import { systemClock } from "@gstore/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { addressOf, parsePeerAddress } from "../src/address.ts";
import { encodeBulkOpen } from "../src/bulk-open.ts";
import { encodeFrame } from "../src/frame-codec.ts";
import { LinkGate } from "../src/link-gate.ts";
import { silentLogger } from "../src/logger.ts";
import { readFrame } from "../src/read-frame.ts";
import { punchSocket } from "../src/relay/punch-socket.ts";
import { decodeMeeting, encodeMeeting, encodeReachRequest } from "../src/relay/relay-messages.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { TlsEndpoint } from "../src/tls-endpoint.ts";
import { ALPN, type TlsLink } from "../src/tls-link.ts";
import {
  certificateOf,
  rejectionOf,
  sharedSecrets,
  startNode,
  type TestNode,
  type TestNodeOptions,
} from "./network-fixture.ts";

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 30_000, interval: 20 });
const state = (node: TestNode) => node.network.reachability?.();
const signal = AbortSignal.timeout(60_000);

/** Dials as a node would, beside its own connections. */
function endpointOf({ identity }: Pick<TestNode, "identity">): TlsEndpoint {
  const admit = (): void => {};
  const terms = { network: sharedSecrets.networkId, certificate: certificateOf(identity), agent: "test" };
  const sign = (bytes: Uint8Array) => identity.sign(bytes);
  return new TlsEndpoint({
    self: identity.peerId,
    credentials: createTlsCredentials(identity),
    gate: new LinkGate(),
    clock: systemClock,
    logger: silentLogger,
    terms: { ...terms, sign, admit, verify: admit },
  });
}

async function meet(from: TestNode, relay: TestNode, other: TestNode): Promise<TlsLink> {
  const address = parsePeerAddress(relay.address());
  const { link } = await endpointOf(from).dial(address, { alpn: ALPN.bulk, signal });
  onTestFinished(() => link.destroy());
  link.write(encodeFrame(encodeBulkOpen({ starter: "nobody", meets: other.network.self })));
  return link;
}

async function startThree(relay: TestNodeOptions = {}): Promise<[TestNode, TestNode, TestNode]> {
  const nodes = [await startNode({ relay: "on", ...relay }), await startNode(), await startNode()] as const;
  for (const node of nodes.slice(1)) await node.network.connect(nodes[0].address());
  await until(() => nodes[0].network.peers().length === 2);
  return [...nodes];
}

const closed = (link: TlsLink) => new Promise<void>((resolve) => link.onClose(resolve));

test("two that name each other at a relay are told where it sees the other's connection", async () => {
  const [relay, a, b] = await startThree();
  const early = await meet(a, relay, b);
  const late = await meet(b, relay, a);
  for (const [link, other] of [
    [early, late],
    [late, early],
  ] as const)
    expect(decodeMeeting(await readFrame(link, 128))).toEqual({
      host: "127.0.0.1",
      port: other.socket.localPort,
    });
});

test("who names somebody that has not named it learns nothing, and waits no longer than it may", async () => {
  const [relay, a, b] = await startThree({ relayLimits: { meetingTimeMs: 1000 } } as TestNodeOptions);
  const c = await startNode();
  await c.network.connect(relay.address());
  const spy = await meet(c, relay, a);
  const other = await meet(a, relay, b);
  let bytes = 0;
  const data = (some: Uint8Array): void => {
    bytes += some.length;
  };
  spy.attach({ data, closed() {} });
  await Promise.all([closed(spy), closed(other)]);
  expect(bytes).toBe(0);
});

test("caps: links of one member and in all; and nobody meets at a node that does not relay", async () => {
  const limits = { meetings: 3, meetingsPerPeer: 2 };
  const [relay, a, b] = await startThree({ relayLimits: limits } as TestNodeOptions);
  const c = await startNode();
  await c.network.connect(relay.address());
  // Nobody else is named twice by one: that would replace the first.
  await meet(a, relay, b);
  await meet(a, relay, c);
  await closed(await meet(a, relay, c));
  expect(state(relay)?.refused).toBe(1);
  await until(() => relay.network.peers().length === 3);
  await meet(c, relay, b);
  await closed(
    await meet(b, relay, c).then(async (link) => {
      await readFrame(link, 128).catch(() => {});
      return link;
    }),
  );
  expect(state(relay)?.refused).toBe(2);
  const off = await startNode({ relay: "off" });
  for (const node of [a, b]) await node.network.connect(off.address());
  await closed(await meet(a, off, b));
  expect(state(off)?.refused).toBe(1);
});

test("a node does not connect to its local network, whatever a relay says, and stays relayed", {
  timeout: 60_000,
}, async () => {
  const said: string[] = [];
  const logger = { ...silentLogger, debug: (fields: object) => void said.push(JSON.stringify(fields)) };
  const relay = await startNode({ relay: "on" });
  const hidden = await startNode({ listen: [], logger });
  const other = await startNode({ logger });
  for (const node of [hidden, other]) await node.network.connect(relay.address());
  await until(() => hidden.network.addresses().length > 0);
  await other.network.connect(hidden.network.addresses()[0] as string);
  await until(() => [hidden, other].every((node) => (state(node)?.punchesTried ?? 0) > 0));
  await until(
    () => said.filter((line) => line.includes("No connection is tried to 127.0.0.1:")).length === 2,
  );
  for (const node of [hidden, other]) expect(state(node)).toMatchObject({ punchesMade: 0 });
  const [seen] = other.network.peers().filter(({ peer }) => peer === hidden.network.self);
  expect(seen?.address).toContain("p2p-circuit");
});

test("a relay that lies gets one connection for a try, and none where the address is refused", async () => {
  let connections = 0;
  const victim = createServer((socket) => {
    connections++;
    socket.on("error", () => {}).resume();
  });
  await new Promise<void>((resolve) => victim.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void victim.close());
  const { port } = victim.address() as { port: number };
  const [node, liar] = [await startNode(), await startNode()];
  const server = endpointOf(liar).createServer(({ link }) => {
    link.write(encodeFrame(encodeMeeting({ host: "127.0.0.1", port })));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const at = addressOf({
    host: "127.0.0.1",
    port: (server.address() as { port: number }).port,
    peer: liar.network.self,
  });
  const { link } = await endpointOf(node).dial(at, { alpn: ALPN.libp2p, signal });
  onTestFinished(() => link.destroy());
  const options = {
    ...{ clock: systemClock, endpoint: endpointOf(node), peer: liar.network.self, signal },
    relay: { link } as Parameters<typeof punchSocket>[0]["relay"],
  };
  const refused = await rejectionOf(punchSocket({ ...options, isAllowed: () => false }));
  expect(refused).toMatchObject({ code: "REQUEST_REFUSED" });
  expect(connections).toBe(0);
  const { socket } = await punchSocket({ ...options, isAllowed: () => true });
  socket.destroy();
  await until(() => connections === 1);
});

test("a member with the larger id does not get a try by asking, nor one that is not relayed", async () => {
  const nodes = (await Promise.all([startNode(), startNode()])).sort((x, y) =>
    x.network.self < y.network.self ? -1 : 1,
  );
  const [small, large] = nodes as [TestNode, TestNode];
  await small.network.connect(large.address());
  await large.until(() => large.network.peers().length === 1);
  for (const [from, to] of [
    [small, large],
    [large, small],
  ] as const) {
    const asked = (from.network as unknown as { request: Ask }).request(
      to.network.self,
      "reach",
      encodeReachRequest({ kind: "punch" }),
    );
    expect(await rejectionOf(asked)).toMatchObject({ code: "REQUEST_REFUSED" });
    expect(state(to)).toMatchObject({ punchesTried: 0 });
  }
});

type Ask = (peer: string, purpose: string, message: Uint8Array) => Promise<Uint8Array>;
