import { HookedBlobStore, MemoryDiskStore } from "@gstore/testing";
import { afterEach, expect, test } from "vitest";
import { randomBytes, TestNetwork } from "../support/test-network.ts";
import { turns, until } from "../support/waiting.ts";

const all = new TestNetwork();
afterEach(() => all.stop());

test("a node says that it is catching up for as long as it fetches, and no longer", async () => {
  const anna = await all.node("anna");
  await anna.node.store("one", randomBytes(3_000_000, "one"));
  await anna.node.store("two", randomBytes(300_000, "two"));
  const blobs = new HookedBlobStore();
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  blobs.beforePut = () => gate;
  const berta = await all.node("berta", { disk: new MemoryDiskStore({ blobs }) });
  await all.connect(anna, berta);
  await until("the entries are here", () => berta.parts.disk.entries.count() === 2);
  await until("a blob has come", () => blobs.puts > 0);
  for (let look = 0; look < 20; look++) {
    expect((await berta.node.status()).catchingUp).toBe(2);
    // A retry, or a peer that comes, begins the walk anew.
    berta.parts.replication.catchUp.poke({ all: true });
    await turns(5);
  }
  open();
  await until("berta has caught up", async () => (await berta.node.status()).catchingUp === 0);
  expect(berta.parts.disk.blobs.usage()).toEqual(anna.parts.disk.blobs.usage());
});

test("when a holder is removed, the member that is to hold in its place fetches at once", async () => {
  const nodes = await all.mesh("anna", "berta", "clara", "dora");
  const [anna] = nodes as [(typeof nodes)[number]];
  const { version } = await anna.node.store("key", randomBytes(20_000, "held"), { wait: "all" });
  const holds = async ({ disk }: (typeof nodes)[number]) =>
    (await disk.entries.get(version))?.complete === true;
  const without = nodes.filter((node) => node.disk.blobs.usage().blobs === 0);
  const [holder] = nodes.filter((node) => node !== anna && !without.includes(node));
  expect(without).toHaveLength(1);
  await anna.node.removeMember((holder as (typeof nodes)[number]).id);
  await until("the fourth holds it too", () => holds(without[0] as (typeof nodes)[number]));
});
