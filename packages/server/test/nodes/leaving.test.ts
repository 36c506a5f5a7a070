import { decodeEntry, GstoreError, LEASE_MS_MAX } from "@gstore/core";
import {
  decodeHoldsVersionsAnswer,
  decodeLeaseVersionsAnswer,
  decodeStoreFile,
  encodeHeld,
  encodeHoldsVersions,
  encodeHoldsVersionsAnswer,
  encodeLeaseVersions,
  encodeStoreFileAnswer,
} from "@gstore/p2p";
import { HookedBlobStore, MemoryDiskStore } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LeaveProgress, LeaveReport } from "../../src/index.ts";
import { HolderSurvey } from "../../src/replication/holder-survey.ts";
import { joinBy } from "../support/joining.ts";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;
/** Longer than a member may take nothing, twice over. */
const PATIENCE_MS = 180_000;

let network: TestNetwork;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  a = await network.node("a");
  b = await network.node("b");
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

type Options = Parameters<TestNode["node"]["leave"]>[0];

async function leave({ node }: TestNode, options?: Options): Promise<LeaveReport> {
  return (await withinClock(network.clock, node.leave(options), { maxMs: PATIENCE_MS })).value;
}

const isMemberAt = (at: TestNode, who: TestNode): boolean => at.parts.members.get(who.id) !== undefined;

/** Files that only b has. */
async function storeAlone(count: number, bytes = 1000): Promise<void> {
  for (let index = 0; index < count; index++)
    await b.node.store(`file-${index}`, randomBytes(bytes, `${index}`), { wait: "local" });
}

describe("a node that leaves", () => {
  test("hands over what only it holds before it goes: all is read from the others", async () => {
    await storeAlone(25);
    await b.node.store("large", randomBytes(9 * MIB, "large"), { wait: "local" });
    await b.node.store("empty", "", { wait: "local" });
    await b.node.store("removed", "x", { wait: "local" });
    await b.node.remove("removed");
    // Whoever is asked to hold it does, whether it is placed there or not.
    const c = await network.node("c");
    await network.connect(b, c);
    await network.connect(a, c);
    const report = await leave(b);
    expect(report).toMatchObject({ onlyHere: { files: 0, removals: 0, bytes: 0, keys: [] } });
    expect(report.kept).toMatchObject({ files: 27, removals: 1 });
    await until("a and c know it", () => !isMemberAt(a, b) && !isMemberAt(c, b));
    await b.node.stop();
    expect((await readAll(a.node, "large")).equals(randomBytes(9 * MIB, "large"))).toBe(true);
    expect((await readAll(c.node, "file-24")).equals(randomBytes(1000, "24"))).toBe(true);
    expect((await readAll(a.node, "empty")).length).toBe(0);
    expect(await codeOf(a.node.stat("removed"))).toBe("KEY_NOT_FOUND");
  });

  test("hands over what is placed elsewhere too, and tells how far it is", async () => {
    await network.connect(a, b);
    // One copy is wanted, and it is here: nobody else fetches it by itself.
    for (let index = 0; index < 8; index++)
      await b.node.store(`one-${index}`, randomBytes(2 * MIB, `${index}`), { copies: 1, wait: "local" });
    await turns(200);
    const progress: LeaveProgress[] = [];
    const report = await leave(b, { onProgress: (one) => progress.push(one) });
    expect(report.handedOver.files).toBeGreaterThan(0);
    const handed = progress.filter((one) => one.stage === "handing over");
    expect(handed.at(-1)?.bytesTotal).toBe(report.handedOver.bytes);
    const bytes = handed.map((one) => one.bytes);
    expect(bytes).toEqual(bytes.toSorted((left, right) => left - right));
    for (let index = 0; index < 8; index++)
      expect((await readAll(a.node, `one-${index}`)).equals(randomBytes(2 * MIB, `${index}`))).toBe(true);
  });

  test("hands over what is kept as history too", async () => {
    await network.connect(a, b);
    const versions: string[] = [];
    for (let index = 0; index < 16; index++) {
      const options = { copies: 1, wait: "local" } as const;
      versions.push((await b.node.store(`one-${index % 8}`, randomBytes(1000, `${index}`), options)).version);
    }
    await turns(200);
    const report = await leave(b);
    expect(report.handedOver.older).toBeGreaterThan(0);
    expect(report).toMatchObject({ kept: { files: 8, older: 8 }, onlyHere: { files: 0, older: 0 } });
    for (const version of versions) expect((await a.disk.entries.get(version as never))?.complete).toBe(true);
  });

  test("promises nobody a copy any more, and goes only when what it promised has run out", async () => {
    await network.connect(a, b);
    const { version } = await b.node.store("file", "text", { wait: "all" });
    const ask = async () => {
      const question = encodeLeaseVersions({ versions: [version], leaseMs: LEASE_MS_MAX });
      return decodeLeaseVersionsAnswer(await a.network.request(b.id, "entries", question));
    };
    expect(await ask()).toEqual([version]);
    const leaving = withinClock(network.clock, b.node.leave(), { maxMs: PATIENCE_MS });
    expect(await ask()).toEqual([]);
    expect((await leaving).tookMs).toBeGreaterThanOrEqual(LEASE_MS_MAX);
  });

  test("asks nobody to hold what others have already", async () => {
    await network.connect(a, b);
    await b.node.store("file", "text", { wait: "all" });
    const report = await leave(b);
    expect(report).toMatchObject({ handedOver: { files: 0, removals: 0, bytes: 0 } });
  });

  test("does so as a vault and as a reader too", async () => {
    for (const role of ["vault", "reader"] as const) {
      const node = await network.node(role, { role });
      await network.connect(b, node);
      await b.node.store(`for-${role}`, randomBytes(3 * MIB, role), { wait: "all", copies: 2 });
      // b loses its disk, and the network hears of it from the others.
      await b.node.stop();
      const again = await network.node("b", { self: b.self });
      b = again;
      await network.connect(again, node);
      expect(await leave(node)).toMatchObject({ onlyHere: { files: 0 } });
      await until("it is out", () => !isMemberAt(again, node));
      expect((await readAll(again.node, `for-${role}`)).equals(randomBytes(3 * MIB, role))).toBe(true);
    }
  });

  test("reads on what it has, and writes no more", async () => {
    await network.connect(a, b);
    await b.node.store("file", "text", { wait: "all" });
    await leave(b);
    expect((await readAll(b.node, "file")).toString()).toBe("text");
    expect(await codeOf(b.node.store("late", "x"))).toBe("NOT_A_MEMBER");
    expect(await codeOf(b.node.leave())).toBe("NOT_A_MEMBER");
  });
});

describe("a node stays where something would be lost", () => {
  async function expectStays(leaving: Promise<LeaveReport>, count: number, says: RegExp): Promise<void> {
    const error = await leaving.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: "LEAVE_INCOMPLETE", retryable: true, fields: { actual: count } });
    expect((error as GstoreError).message).toMatch(says);
    expect(isMemberAt(b, b)).toBe(true);
    await b.node.store("goes-on", "text", { wait: "local" });
  }

  test("since nobody is connected: it says how much and what", async () => {
    await network.connect(a, b);
    await until("b knows it", () => b.parts.members.count === 2);
    await network.hub.disconnect(a.id, b.id);
    await storeAlone(12, 2000);
    const says = /12 files \(2\d+ bytes\) are on no other node: "file-0", .*"file-4", 7 more\. .* start "a"/;
    await expectStays(leave(b), 12, says);
  });

  test("since the others are full", async () => {
    const blobs = new HookedBlobStore();
    const full = await network.node("full", { disk: new MemoryDiskStore({ blobs }) });
    blobs.beforePut = async () => {
      throw new GstoreError("STORE_FULL", "full");
    };
    await storeAlone(3, 2000);
    await network.connect(b, full);
    await expectStays(leave(b), 3, /did not take it/);
  });

  test("since who may hold it is no member", async () => {
    for (let round = 0; round < 2; round++) await storeAlone(1);
    const says =
      /1 file and 1 older version .*: "file-0"\. No other member may hold that: admit one \(gstore invite\)/;
    await expectStays(leave(b), 2, says);
  });

  test("since a member that told of copies has given them up when it is asked", async () => {
    const raw = await RawMember.join(network, "raw");
    raw.answers.set("holdsVersions", () => encodeHoldsVersionsAnswer([]));
    raw.answers.set("storeFile", async (message) => {
      const given = decodeStoreFile(message).entries.map(decodeEntry);
      await raw.network.request(b.id, "entries", encodeHeld(given.map(({ id }) => id)));
      return encodeStoreFileAnswer(given.map(() => "accepted" as const));
    });
    await network.hub.connect(raw.id, b.id);
    await until("b knows it", () => b.parts.members.count === 2);
    await storeAlone(3);
    await expectStays(leave(b), 3, /did not take it/);
  });

  test("since a member says that it takes them and never does", async () => {
    const raw = await RawMember.join(network, "raw");
    await network.hub.connect(raw.id, b.id);
    await until("b knows it", () => b.parts.members.count === 2);
    await storeAlone(3);
    await expectStays(leave(b), 3, /did not take it/);
  });

  test("unless it is told to go all the same, and then what others can take is with them", async () => {
    await storeAlone(2);
    expect(await leave(b, { force: true })).toMatchObject({ onlyHere: { files: 2 } });
    expect(isMemberAt(b, b)).toBe(false);
  });

  test("a vault counts what it can't name", async () => {
    const vault = await network.node("vault", { role: "vault" });
    await network.connect(b, vault);
    await b.node.store("file", randomBytes(5000), { wait: "all" });
    network.hub.disconnect(b.id, vault.id);
    const error = await leave(vault).catch((reason: unknown) => reason);
    expect((error as GstoreError).message).toMatch(
      /^vault stays: 1 file \(\d+ bytes\) is on no other node\. /,
    );
  });
});

describe("what one member does not take", () => {
  test("another one does", async () => {
    const raw = await RawMember.join(network, "raw");
    const c = await network.node("c");
    await network.hub.connect(raw.id, b.id);
    await until("b knows it", () => b.parts.members.count === 2);
    await storeAlone(10);
    await network.connect(b, c);
    const report = await leave(b);
    expect(report).toMatchObject({ onlyHere: { files: 0 } });
    for (let index = 0; index < 10; index++)
      expect((await readAll(c.node, `file-${index}`)).equals(randomBytes(1000, `${index}`))).toBe(true);
  });

  test("one that may not hold it does not, and is not asked", async () => {
    await b.node.createSpace("photos");
    const narrow = await network.node("narrow", {
      self: await joinBy(network, b, "narrow", { spaces: ["photos"] }),
    });
    await network.connect(b, narrow);
    await b.node.store("photo", "x", { space: "photos", wait: "local" });
    await b.node.store("paper", "y", { wait: "local" });
    const error = await leave(b).catch((reason: unknown) => reason);
    expect((error as GstoreError).message).toMatch(/1 file .*: "paper"\. No other member may hold that: /);
  });
});

describe("leaving that is broken off", () => {
  test("changes nothing: the node is a member and writes on", async () => {
    const raw = await RawMember.join(network, "raw");
    await network.hub.connect(raw.id, b.id);
    await until("b knows it", () => b.parts.members.count === 2);
    await storeAlone(3);
    const controller = new AbortController();
    const leaving = codeOf(b.node.leave({ signal: controller.signal }));
    await until("raw was asked to hold them", () => raw.asked.includes("storeFile"));
    await turns(50);
    controller.abort();
    expect(await leaving).toBe("ABORTED");
    expect(isMemberAt(b, b)).toBe(true);
    await b.node.store("goes-on", "text", { wait: "local" });
  });

  test("while a put is running ends its waiting for it", async () => {
    await network.connect(a, b);
    let finish = () => {};
    const more = new Promise<void>((resolve) => {
      finish = resolve;
    });
    async function* source() {
      yield Buffer.from("first");
      await more;
      yield Buffer.from("second");
    }
    const putting = b.node.store("slow", source(), { wait: "local" });
    await turns(20);
    const controller = new AbortController();
    const leaving = b.node.leave({ signal: controller.signal });
    await until("the gate is closed", async () => (await codeOf(b.node.store("late", "x"))) !== "nothing");
    expect(await codeOf(b.node.store("late", "x"))).toBe("REQUEST_REFUSED");
    controller.abort();
    expect(await codeOf(leaving)).toBe("ABORTED");
    await b.node.store("goes-on", "text", { wait: "local" });
    finish();
    await putting;
  });
});

test("what is put while the node hands over goes with it", async () => {
  await network.connect(a, b);
  let finish = () => {};
  const more = new Promise<void>((resolve) => {
    finish = resolve;
  });
  async function* source() {
    yield randomBytes(2 * MIB, "first");
    await more;
    yield randomBytes(MIB, "second");
  }
  const putting = b.node.store("slow", source(), { copies: 1, wait: "local" });
  await turns(20);
  const leaving = leave(b);
  await turns(300);
  finish();
  await putting;
  expect(await leaving).toMatchObject({ onlyHere: { files: 0 } });
  expect((await readAll(a.node, "slow")).length).toBe(3 * MIB);
});

describe("a member that is asked which versions it holds", () => {
  test("names those that are whole with it, and no other", async () => {
    await network.connect(a, b);
    const stored = await b.node.store("file", "text", { wait: "all" });
    const record = await b.disk.entries.get(stored.version);
    const unknown = (await RawMember.join(network, "raw")).author.next();
    if (record === undefined) throw new Error("it was stored");
    const survey = new HolderSurvey(b.parts);
    expect([...(await survey.heldBy(a.id, [record.entry, unknown]))]).toEqual([stored.version]);
  });

  test("says nothing of spaces that are none of the asker's", async () => {
    await a.node.createSpace("photos");
    const self = await joinBy(network, a, "narrow", { spaces: ["photos"] });
    const narrow = await network.node("narrow", { self });
    await network.connect(a, narrow);
    const paper = await a.node.store("paper", "y", { wait: "local" });
    const photo = await a.node.store("photo", "x", { space: "photos", wait: "local" });
    const question = encodeHoldsVersions([paper.version, photo.version]);
    const answer = await narrow.network.request(a.id, "entries", question);
    expect(decodeHoldsVersionsAnswer(answer)).toEqual([photo.version]);
  });
});
