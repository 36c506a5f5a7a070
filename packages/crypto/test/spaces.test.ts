import { type MembershipOperation, type SpaceId, WRAPS_PER_RECORD_MAX } from "@gstore/core";
import { describe, expect, test } from "vitest";
import {
  createSpaceRecords,
  generateIdentity,
  grantRecords,
  openSpaces,
  RootKey,
  recoveryWords,
  SpaceKeys,
  seedOfRecoveryWords,
  wrapFor,
} from "../src/index.ts";
import { codeOf, fixedBytes } from "./fixtures.ts";
import { SpaceLog } from "./space-log.ts";

/** Ada (admin), Ben (writer), Rita (reader), Vera (vault), and the space `main` with all its keys handed out. */
function network(label: string) {
  const log = new SpaceLog(label);
  const ada = log.admit(log.root, "ada", "admin");
  const ben = log.admit(ada, "ben", "writer");
  const rita = log.admit(ada, "rita", "reader");
  const vera = log.admit(ada, "vera", "vault");
  return { log, ada, ben, rita, vera, main: log.createSpace(ada, "main") };
}

const sealed = (keys: SpaceKeys) =>
  keys.sealChunk({ bytes: Buffer.from("a file"), codec: "none", plainSize: 6 });

describe("a space's keys by the log", () => {
  test("are the same for all that may read it, and none for a vault", () => {
    const { log, ada, ben, rita, vera, main } = network("same");
    const chunk = sealed(new SpaceKeys(log.opened(ada, main)));
    for (const reader of [ben, rita, log.root]) {
      const space = log.opened(reader, main);
      expect([space.name, space.isCurrent]).toEqual(["main", true]);
      expect(new SpaceKeys(space).openChunk(chunk.blob, chunk.secret)).toEqual(
        new Uint8Array(Buffer.from("a file")),
      );
      expect(new SpaceKeys(space).chunkerSeed()).toEqual(new SpaceKeys(log.opened(ada, main)).chunkerSeed());
    }
    expect(openSpaces(log.state, vera)).toEqual([]);
    expect(openSpaces(log.state, generateIdentity())).toEqual([]);
  });

  test("of two spaces share nothing, though one file is in both", () => {
    const { log, ada, main } = network("two");
    const other = log.createSpace(ada, "other");
    const [left, right] = [main, other].map((id) => sealed(new SpaceKeys(log.opened(ada, id))));
    expect(left?.digest).not.toBe(right?.digest);
  });

  test("come to a newcomer with a grant, all epochs from the first on", () => {
    const { log, ada, main } = network("newcomer");
    const chunk = sealed(new SpaceKeys(log.opened(ada, main)));
    log.rotate(ada, main);
    log.rotate(ada, main);
    const nina = log.admit(ada, "nina", "writer");
    expect(openSpaces(log.state, nina)).toEqual([]);
    log.grant(ada, nina.peerId);
    const space = log.opened(nina, main);
    expect([space.epochs.length, space.isCurrent]).toEqual([3, true]);
    expect(new SpaceKeys(space).openChunk(chunk.blob, chunk.secret)).toBeDefined();
    expect(log.state.spaces.get(main)?.readersWithoutKeys).toEqual([]);
  });

  test("end for a removed member with the epoch that it knew", () => {
    const { log, ada, ben, main } = network("removed");
    log.issue(ada, { op: "remove", member: ben.peerId, cut: [] });
    expect(log.state.spaces.get(main)?.isRotationDue).toBe(true);
    log.rotate(ada, main);
    expect(log.state.spaces.get(main)?.isRotationDue).toBe(false);
    const chunk = sealed(new SpaceKeys(log.opened(ada, main)));
    const left = log.opened(ben, main);
    expect([left.epochs.length, left.isCurrent]).toEqual([1, false]);
    expect(codeOf(() => new SpaceKeys(left).openChunk(chunk.blob, chunk.secret))).toBe("KEY_MISSING");
  });

  test("of epochs begun at the same time all come with the one that joins them", () => {
    const { log, ada, ben, rita, main } = network("joined");
    log.issue(ada, { op: "changeRole", member: ben.peerId, role: "admin", spaces: null, cut: [] });
    const before = log.records.length;
    log.rotate(ada, main);
    const own = log.records.splice(before);
    log.rotate(ben, main);
    log.add(own);
    expect(log.state.spaces.get(main)?.latestEpochs).toHaveLength(2);
    log.rotate(ada, main);
    expect(log.state.spaces.get(main)?.latestEpochs).toHaveLength(1);
    const nina = log.admit(ada, "nina", "reader");
    log.grant(ben, nina.peerId);
    for (const reader of [rita, nina]) expect(log.opened(reader, main).epochs).toHaveLength(4);
  });

  test("of an admin's epoch that was overruled still open what was sealed in it", () => {
    const { log, ada, ben, rita, main } = network("overruled");
    log.issue(ada, { op: "changeRole", member: ben.peerId, role: "admin", spaces: null, cut: [] });
    const heads = log.state.heads;
    log.rotate(ben, main);
    const chunk = sealed(new SpaceKeys(log.opened(rita, main)));
    log.issue(ada, { op: "remove", member: ben.peerId, cut: [] }, heads);
    expect(log.opened(rita, main).isCurrent).toBe(true);
    expect(log.opened(rita, main).currentEpoch).not.toBe(chunk.secret.epoch);
    log.rotate(ada, main);
    const nina = log.admit(ada, "nina", "reader");
    log.grant(ada, nina.peerId);
    for (const reader of [rita, nina])
      expect(new SpaceKeys(log.opened(reader, main)).openChunk(chunk.blob, chunk.secret)).toBeDefined();
  });

  test("come back from the recovery words alone", () => {
    const { log, ada, main } = network("recovery");
    log.rotate(ada, main);
    const other = log.createSpace(ada, "other");
    const chunk = sealed(new SpaceKeys(log.opened(ada, other)));
    const again = new RootKey(seedOfRecoveryWords(recoveryWords(log.root.exportSeed())));
    expect(openSpaces(log.state, again).map((space) => [space.name, space.epochs.length])).toEqual([
      ["main", 2],
      ["other", 1],
    ]);
    expect(new SpaceKeys(log.opened(again, other)).openChunk(chunk.blob, chunk.secret)).toBeDefined();
  });

  test("reach members beyond one record by grants, each record within its limit", () => {
    const log = new SpaceLog("many");
    const ada = log.admit(log.root, "ada", "admin");
    const members = Array.from({ length: WRAPS_PER_RECORD_MAX + 30 }, (_, index) =>
      log.admit(ada, `m${index}`, "writer"),
    );
    const main = log.createSpace(ada, "main".padEnd(63, "x"));
    log.rotate(ada, main);
    expect(log.state.spaces.get(main)?.readersWithoutKeys).toEqual([]);
    for (const member of [members[0], members.at(-1)] as (typeof ada)[])
      expect(log.opened(member, main).epochs).toHaveLength(2);
  });
});

describe("a wrap by a hostile admin", () => {
  const { log, ada, ben, rita, main } = network("hostile");
  const epoch = log.opened(ada, main).currentEpoch;
  const context = { network: log.root.networkId, space: main, recipient: rita.peerId } as const;

  test.each([
    ["another epoch's secret", { lifeWrap: null, secret: fixedBytes("other", 32) }],
    ["no secret", { lifeWrap: null, secret: fixedBytes("other", 5) }],
    ["noise for life", { lifeWrap: fixedBytes("noise", 184), secret: fixedBytes("other", 32) }],
  ])("that holds %s is passed over", (_name, { lifeWrap, secret }) => {
    const wrap = wrapFor(rita.agreementPublicKey, { ...context, holds: epoch }, secret);
    const operation: MembershipOperation = {
      op: "grant",
      space: main,
      grants: [{ member: rita.peerId, lifeWrap, epochs: [{ epoch, wrap }] }],
    };
    log.issue(ada, operation);
    const [left, right] = [log.opened(rita, main), log.opened(ben, main)];
    expect(left.epochs.map((one) => one.secret.export())).toEqual(
      right.epochs.map((one) => one.secret.export()),
    );
  });

  test("that hands out other life-long secrets under the space's id is passed over", () => {
    const fake = createSpaceRecords({ state: log.state, signer: ada, timeMs: 1, name: "main" }).space;
    const nina = log.admit(ada, "nina", "reader");
    const spaces = [{ ...fake, id: main }];
    log.add(grantRecords({ state: log.state, signer: ada, timeMs: 1, spaces, members: [nina.peerId] }));
    expect(openSpaces(log.state, nina)).toEqual([]);
    log.grant(ada, nina.peerId);
    expect(log.opened(nina, main).nameKey.equals(log.opened(ben, main).nameKey)).toBe(true);
  });
});

describe("records of keys are not made", () => {
  test("without a recovery key, for bad names, unknown spaces or who is no member", () => {
    const { log, ada, main } = network("refused");
    const request = { state: log.state, signer: ada, timeMs: 1 };
    const unready = { ...request, state: { ...log.state, recoveryKey: null } };
    expect(codeOf(() => createSpaceRecords({ ...unready, name: "x" }))).toBe("KEY_MISSING");
    for (const name of ["", "Main", "-x", "a b", "x".repeat(64)])
      expect(codeOf(() => createSpaceRecords({ ...request, name }))).toBe("INVALID_ARGUMENT");
    const space = { ...log.opened(ada, main), id: "00".repeat(16) as SpaceId };
    const members = [ada.peerId];
    expect(codeOf(() => grantRecords({ ...request, spaces: [space], members }))).toBe("SPACE_NOT_FOUND");
    const strangers = [generateIdentity().peerId];
    expect(codeOf(() => grantRecords({ ...request, spaces: [], members: strangers }))).toBe("NOT_A_MEMBER");
  });
});
