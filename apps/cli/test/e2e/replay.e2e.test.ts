import { expect, test } from "vitest";
import { connected, Lab } from "./support/lab.ts";
import { ManInTheMiddle } from "./support/man-in-the-middle.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { talk } from "./support/raw-client.ts";
import { Recorder } from "./support/recorder.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const lab = Lab.forThisFile();
const [anna] = (await lab.init("anna")) as [TestNode];
/** They know no way to each other but the one that they are given. */
const env = { GSTORE_ANNOUNCE: "none" };
await anna.up({ env });
const recorder = await Recorder.to(anna.port);
lab.cleanUp(async () => recorder.close());
/** Reaches anna through the recorder alone: the ticket names it in place of her address. */
const berta = await lab.join("berta", anna);
await berta.up({ env, bootstrap: [through(recorder.port)] });

function through(port: number): string {
  return anna.address.replace(`/tcp/${anna.port}/`, `/tcp/${port}/`);
}

/** All that a replayed session could have changed. */
async function stateOf(node: TestNode) {
  const { entries, blobs, members, keys } = await node.status();
  return { entries, blobs, members, keys, names: await node.keys() };
}

test("a whole session that was recorded, played back each way to both nodes, changes nothing", async () => {
  await connected([anna, berta]);
  const large = pseudoBytes("large", 1_500_000);
  await anna.client.put("large", large, { wait: "all" });
  await berta.client.put("small", Buffer.from("small"), { wait: "all" });
  await berta.client.put("gone", Buffer.from("gone"), { wait: "all" });
  await berta.client.remove("gone");
  await waitFor("anna knows that it is gone", async () => !(await anna.keys()).includes("gone"));
  const { recordings } = recorder;
  // What went over them: a libp2p connection and at least one for bulk.
  expect(recordings.length).toBeGreaterThanOrEqual(2);
  expect(Buffer.concat(recordings.map(({ answered }) => answered)).length).toBeGreaterThan(large.length);

  // First to who dials: berta finds answers of the past where anna was.
  recorder.play(recordings);
  await waitFor("berta has dialled and was played to", () => recorder.played > recordings.length);
  expect((await berta.client.peers()).filter((peer) => peer.connected)).toEqual([]);
  const before = await Promise.all([anna, berta].map(stateOf));
  for (const node of [anna, berta]) {
    const streams = recordings.flatMap(({ sent, answered }) => [sent, answered]);
    await Promise.all(streams.map((bytes) => talk(node.port, bytes)));
  }
  expect(await Promise.all([anna, berta].map(stateOf))).toEqual(before);
  for (const node of [anna, berta])
    expect((await node.client.peers()).filter((peer) => peer.connected)).toEqual([]);
  expect((await berta.read("large")).equals(large)).toBe(true);
});

test("who stands in the middle with an identity of its own is refused, and reads nothing", async () => {
  const between = await ManInTheMiddle.before(anna.port);
  lab.cleanUp(async () => between.close());
  const { code, stderr } = await berta.run(["connect", through(between.port)]);
  expect(code).toBe(5);
  expect(stderr).toContain("answers there");
  expect(between.dialled).toBe(1);
  expect(between.heard.length).toBe(0);
  expect((await berta.client.peers()).filter((peer) => peer.connected)).toEqual([]);
});

test("where nobody was named to expect, a hello that is passed on fits no other session", async () => {
  const between = await ManInTheMiddle.before(anna.port);
  lab.cleanUp(async () => between.close());
  const { code, stderr } = await berta.run(["connect", `127.0.0.1:${between.port}`]);
  expect(code, stderr).not.toBe(0);
  // It was heard and passed on, and all that came back was a number.
  expect(between.heard.length).toBeGreaterThan(64);
  expect(between.answered.length).toBeLessThan(16);
  for (const node of [anna, berta])
    expect((await node.client.peers()).filter((peer) => peer.connected)).toEqual([]);
  await berta.client.connect(anna.address);
  await connected([anna, berta]);
});
