import { afterEach, beforeEach, expect, test } from "vitest";
import { joinBy } from "../support/joining.ts";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { until } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  a = await network.node("a");
  b = await network.node("b", { role: "writer" });
  c = await network.node("c", { role: "reader" });
  await network.connect(a, b);
  await network.connect(b, c);
  await network.connect(a, c);
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const isAdmin = (at: TestNode, who: TestNode): boolean => at.parts.members.get(who.id)?.role === "admin";

async function promoteB(): Promise<void> {
  await a.node.setRole("b", "admin");
  await until("b is an admin everywhere", () => [a, b, c].every((node) => isAdmin(node, b)));
}

test("a promoted member admits others right away: the newcomer connects to all, reads and writes", async () => {
  await a.node.store("before", "text");
  await promoteB();
  const d = await network.node("d", { self: await joinBy(network, b, "d") });
  for (const node of [a, b, c]) await network.connect(d, node);
  await until("all know d", () => [a, b, c].every(({ parts }) => parts.members.get(d.id) !== undefined));
  expect((await readAll(d.node, "before")).toString()).toBe("text");
  await d.node.store("by-d", "new", { wait: "all" });
  for (const node of [a, b, c]) expect((await readAll(node.node, "by-d")).toString()).toBe("new");
});

test("the newcomer is let in by a node that has heard of neither the promotion nor its admission", async () => {
  const e = await network.node("e");
  await promoteB();
  const d = await network.node("d", { self: await joinBy(network, b, "d") });
  await network.connect(d, e);
  expect(e.parts.members.get(d.id)?.role).toBe("writer");
  expect(isAdmin(e, b)).toBe(true);
});

test("whom a promoted admin admits as admin admits others in turn, as far as certificates reach", async () => {
  await promoteB();
  const d = await network.node("d", { self: await joinBy(network, b, "d", "admin") });
  for (const node of [a, b, c]) await network.connect(d, node);
  // The root, a, b and d are in one chain: no certificate reaches further.
  const e = await network.node("e", { self: await joinBy(network, d, "e", "admin") });
  await network.connect(e, c);
  await expect(e.node.invite()).rejects.toThrow(/too far from the network's root/);
});

test("a promotion does not change since when a member is in", async () => {
  const admittedMs = () => a.node.members().find(({ name }) => name === "b")?.admittedMs;
  const before = admittedMs();
  network.clock.advance(86_400_000);
  await promoteB();
  expect(admittedMs()).toBe(before);
});

test("a promotion and a demotion at the same time leave the lesser role", async () => {
  const other = await network.node("other");
  await network.connect(other, b);
  network.hub.disconnect(other.id, b.id);
  await other.node.setRole("b", "reader");
  await a.node.setRole("b", "admin");
  await network.connect(other, a);
  await until("both agree", () =>
    [a, other].every(({ parts }) => parts.members.get(b.id)?.role === "reader"),
  );
});
