import { SeededRandom } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canOpenCurrent, untilAgreed, viewOf } from "../support/agreement.ts";
import { joinBy } from "../support/joining.ts";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;

beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

/** Loses every connection there is. */
function scatter(): void {
  for (const { isConnected, peers } of network.hub.links()) if (isConnected) network.hub.disconnect(...peers);
}

/** Connects two nodes where that is still allowed. */
async function meet(one: TestNode, two: TestNode): Promise<void> {
  await network.hub.connect(one.id, two.id).catch(() => {});
  await turns(20);
}

/** Lets everybody meet everybody until nothing changes any more, admins' duties included. */
async function gather(nodes: readonly TestNode[]): Promise<void> {
  for (let round = 0; round < 4; round++) {
    for (const one of nodes) for (const two of nodes) if (one !== two) await meet(one, two);
    network.clock.advance(4000);
    await turns(50);
  }
}

const roleOf = (node: TestNode, name: string): string | undefined =>
  node.node.members().find((member) => member.name === name)?.role;

describe("two admins that act at the same time on different nodes", () => {
  let a: TestNode;
  let b: TestNode;
  let c: TestNode;
  let w: TestNode;

  beforeEach(async () => {
    [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
    w = await network.node("w", { role: "writer" });
    for (const node of [a, b, c]) await network.connect(w, node);
    await untilAgreed([a, b, c, w]);
    scatter();
  });

  test("and remove each other end with one of them, the same everywhere", async () => {
    await a.node.removeMember("b");
    await b.node.removeMember("a");
    await meet(c, a);
    await meet(c, b);
    await gather([a, b, c, w]);
    await untilAgreed([c, w]);
    const left = c.node.members().map(({ name }) => name);
    expect([
      ["a", "c", "w"],
      ["b", "c", "w"],
    ]).toContainEqual(left);
    const [stays, goes] = left.includes("a") ? [a, b] : [b, a];
    await untilAgreed([stays, c, w]);
    expect(goes.network.peers()).toEqual([]);
    expect(canOpenCurrent(c, goes.self)).toBe(false);
  });

  test("of whom one removes and the other promotes a member end without it", async () => {
    await a.node.removeMember("w");
    await b.node.setRole("w", "admin");
    await gather([a, b, c]);
    await untilAgreed([a, b, c]);
    expect(roleOf(c, "w")).toBeUndefined();
    expect(canOpenCurrent(c, w.self)).toBe(false);
  });

  test("and give a member two roles end with the lesser", async () => {
    await a.node.setRole("w", "reader");
    await b.node.setRole("w", "vault");
    await gather([a, b, c, w]);
    await untilAgreed([a, b, c, w]);
    expect(roleOf(c, "w")).toBe("vault");
    expect(canOpenCurrent(c, w.self)).toBe(false);
  });

  test("and admit somebody each under one name end with both, told apart by their ids", async () => {
    const [x, y] = [await joinBy(network, a, "same"), await joinBy(network, b, "same")];
    await gather([a, b, c, w]);
    await untilAgreed([a, b, c, w]);
    const ids = c.node.members().flatMap(({ name, peer }) => (name === "same" ? [peer] : []));
    expect(ids.sort()).toEqual([x.identity.peerId, y.identity.peerId].sort());
    expect(await codeOf(c.node.removeMember("same"))).toBe("INVALID_ARGUMENT");
  });

  test("and begin epochs end with one that all that may read it read", async () => {
    const [x, y] = [await joinBy(network, a, "x"), await joinBy(network, b, "y")];
    await gather([a, b, c, w]);
    scatter();
    await a.node.removeMember("x");
    await b.node.removeMember("y");
    await gather([a, b, c, w]);
    await untilAgreed([a, b, c, w]);
    expect([canOpenCurrent(c, x), canOpenCurrent(c, y)]).toEqual([false, false]);
    await w.node.store("file", "text", { wait: "all" });
    for (const node of [a, b, c]) expect((await readAll(node.node, "file")).toString()).toBe("text");
  });
});

test("a node that was away during admissions, removals, changes of role and rotations converges by one peer", async () => {
  const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
  const away = await network.node("away", { role: "writer" });
  const leaving = await network.node("leaving", { role: "writer" });
  for (const node of [away, leaving]) for (const admin of [a, b]) await network.connect(node, admin);
  await away.node.store("by-away", "old", { wait: "all" });
  for (const admin of [a, b]) network.hub.disconnect(away.id, admin.id);

  const x = await network.node("x", { self: await joinBy(network, a, "x") });
  for (const admin of [a, b]) await network.connect(x, admin);
  await b.node.setRole("x", "admin");
  await until("x is admin", () => roleOf(x, "x") === "admin");
  const y = await network.node("y", { self: await joinBy(network, x, "y", "reader") });
  await network.connect(y, b);
  await a.node.createSpace("photos");
  await b.node.removeMember("leaving");
  await a.node.store("after", "new keys", { wait: "all" });
  await b.node.setRole("away", "reader");
  await untilAgreed([a, b, x, y]);
  const passedOn = until("y knows the key", async () => (await codeOf(y.node.stat("after"))) === "nothing");
  await withinClock(network.clock, passedOn, { maxMs: 5000 });

  await network.connect(away, y);
  await untilAgreed([a, b, x, y, away]);
  expect(viewOf(away)).toEqual(viewOf(a));
  expect(roleOf(away, "away")).toBe("reader");
  expect(away.node.members().map(({ name, role }) => [name, role])).toEqual([
    ...[
      ["a", "admin"],
      ["away", "reader"],
      ["b", "admin"],
      ["x", "admin"],
      ["y", "reader"],
    ],
  ]);
  expect((await readAll(away.node, "after")).toString()).toBe("new keys");
  expect((await readAll(y.node, "by-away")).toString()).toBe("old");
  expect(await codeOf(away.node.store("late", "x"))).toBe("REQUEST_REFUSED");
  expect(await codeOf(network.hub.connect(leaving.id, away.id))).toBe("NOT_A_MEMBER");
});

/** One thing that an admin may do to somebody. */
type Act = (admin: TestNode, name: string) => Promise<unknown>;
const ACTS: readonly Act[] = [
  (admin, name) => admin.node.removeMember(name),
  (admin, name) => admin.node.setRole(name, "admin"),
  (admin, name) => admin.node.setRole(name, "writer"),
  (admin, name) => admin.node.setRole(name, "vault"),
];

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "whatever admins do while they see only some of each other, all that are still in agree (seed %i)",
  async (seed) => {
    network = new TestNetwork(`agreement ${seed}`);
    const random = new SeededRandom(`acts ${seed}`);
    const nodes = [...(await network.mesh("a", "b", "c")), await network.node("w", { role: "writer" })];
    await gather(nodes);
    const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
    for (let step = 0; step < 12; step++) {
      if (random.below(3) === 0) scatter();
      await meet(pick(nodes), pick(nodes));
      // Whether it may or not: what is refused changes nothing.
      await pick(ACTS)(pick(nodes), pick(nodes).node.name).catch(() => {});
      await turns(10);
    }
    await gather(nodes);
    for (const node of nodes) {
      const others = nodes.filter((other) => other !== node && areIn(node, other));
      await untilAgreed([node, ...others]);
      if (![node, ...others].some((one) => mayRotate(node, one))) continue;
      const outside = nodes.filter(({ id }) => node.parts.members.get(id) === undefined);
      expect(outside.filter(({ self }) => canOpenCurrent(node, self)).map(({ id }) => [seed, id])).toEqual(
        [],
      );
    }
  },
);

/** Whether each of the two takes both for members, so that they talk with each other. */
function areIn(one: TestNode, two: TestNode): boolean {
  return [one, two].every(({ parts }) => [one, two].every(({ id }) => parts.members.get(id) !== undefined));
}

/** Whether a member can begin epochs: an admin that holds the keys. */
function mayRotate(by: TestNode, member: TestNode): boolean {
  return by.parts.members.get(member.id)?.role === "admin" && member.parts.spaces.all().length > 0;
}
