import { createSecretKey } from "node:crypto";
import {
  type CborValue,
  decodeCbor,
  decodeMembershipRecord,
  digestOf,
  type EpochId,
  incarnationFromBytes,
  type MembershipOperation,
} from "@gstore/core";
import { seedOfPrivateKey } from "../src/asymmetric-keys.ts";
import { issueRecord, RootKey, recoveryWords, wrapFor } from "../src/index.ts";
import { encryptKeyFile } from "../src/passphrase.ts";
import { encodeLifeSecrets, epochIdOf, sealPreviousEpoch, spaceIdOf } from "../src/space-secrets-codec.ts";
import { fixedBytes, fixedIdentity, fixedRandom, fixedSecrets } from "../test/fixtures.ts";
import { bad, bodyBytes, type Change, change } from "./invalid-vectors.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const identity = fixedIdentity("vectors");
const other = fixedIdentity("other");
const root = new RootKey(seedOfPrivateKey(fixedSecrets("vectors").rootPrivateKey));
const heads = [digestOf(Buffer.from("a membership record"))];
const random = fixedRandom("space of the log");

const life = {
  name: "main",
  nameKey: createSecretKey(random.bytes(32)),
  chunkSeed: createSecretKey(random.bytes(32)),
};
const space = spaceIdOf(life);
const [earlier, later] = [1, 2].map(() => {
  const secret = createSecretKey(random.bytes(32));
  return { id: epochIdOf(space, secret), secret };
}) as [{ id: EpochId; secret: typeof life.nameKey }, { id: EpochId; secret: typeof life.nameKey }];
const lifePlain = encodeLifeSecrets({ id: space, ...life });
const ephemeral = (label: string) => fixedRandom(`ephemeral ${label}`);
const context = { network: root.networkId, space } as const;
const lifeWrap = wrapFor(
  identity.agreementPublicKey,
  { ...context, holds: "life", recipient: identity.peerId },
  lifePlain,
  ephemeral("life"),
);
const epochWrap = wrapFor(
  identity.agreementPublicKey,
  { ...context, holds: later.id, recipient: identity.peerId },
  later.secret.export(),
  ephemeral("epoch"),
);
const recoveryWrap = wrapFor(
  root.agreementPublicKey,
  { ...context, holds: later.id, recipient: "recovery" },
  later.secret.export(),
  ephemeral("recovery"),
);
const sealed = sealPreviousEpoch(space, later, earlier);

/** Keys of a space by the log, each with what it follows from. */
export async function keyVectors(): Promise<unknown> {
  const protectedFile = await encryptKeyFile(Buffer.from("a key file's content"), "correct horse", {
    head: Buffer.from("gstore identity 1"),
    random: fixedRandom("key file"),
  });
  return {
    root: {
      seed: hex(root.exportSeed()),
      networkId: root.networkId,
      recoveryScalar: hex(seedOfPrivateKey(root.agreementPrivateKey)),
      recoveryKey: hex(root.agreementPublicKey),
      words: recoveryWords(root.exportSeed()),
    },
    recipient: {
      peerId: identity.peerId,
      agreementScalar: hex(seedOfPrivateKey(identity.agreementPrivateKey)),
      agreementKey: hex(identity.agreementPublicKey),
    },
    space: {
      id: space,
      name: life.name,
      nameKey: hex(life.nameKey.export()),
      chunkSeed: hex(life.chunkSeed.export()),
      plain: hex(lifePlain),
    },
    epochs: [earlier, later].map(({ id, secret }) => ({ id, secret: hex(secret.export()) })),
    sealedPrevious: hex(sealed),
    wraps: {
      life: { ephemeral: hex(ephemeral("life").bytes(32)), wrap: hex(lifeWrap) },
      epoch: { ephemeral: hex(ephemeral("epoch").bytes(32)), wrap: hex(epochWrap) },
      recovery: { ephemeral: hex(ephemeral("recovery").bytes(32)), wrap: hex(recoveryWrap) },
    },
    keyFile: {
      passphrase: "correct horse",
      plain: hex(Buffer.from("a key file's content")),
      salt: hex(protectedFile.salt),
      sealed: hex(protectedFile.sealed),
    },
  };
}

/** A record of each operation, and what is wrong with others. */
export function operationVectors(): unknown {
  const cut = [
    { incarnation: incarnationFromBytes(fixedBytes("incarnation", 8)), seq: 12, entry: heads[0] as never },
    {
      incarnation: incarnationFromBytes(new Uint8Array(8).fill(0xff)),
      seq: 1,
      entry: digestOf(Buffer.of(1)),
    },
  ];
  const { peerId: member } = identity;
  const wraps = [
    { member, wrap: epochWrap },
    { member: other.peerId, wrap: epochWrap },
  ];
  const operations: Record<string, MembershipOperation> = {
    "a removal with a cut of two incarnations": { op: "remove", member, cut },
    "a removal of who wrote nothing": { op: "remove", member, cut: [] },
    "a change to reader of one space": { op: "changeRole", member, role: "reader", spaces: [space], cut },
    "a space": { op: "createSpace", space, recoveryWrap, wraps: [{ member, wrap: lifeWrap }] },
    "a first epoch": { op: "epoch", space, epoch: earlier.id, previous: [], recoveryWrap, wraps: [] },
    "an epoch after another": {
      op: "epoch",
      space,
      epoch: later.id,
      previous: [{ epoch: earlier.id, sealed }],
      recoveryWrap,
      wraps,
    },
    "a grant to two members": {
      op: "grant",
      space,
      grants: [
        { member, lifeWrap, epochs: [{ epoch: later.id, wrap: epochWrap }] },
        { member: other.peerId, lifeWrap: null, epochs: [] },
      ],
    },
    "the recovery key": { op: "recovery", agreementKey: root.agreementPublicKey },
    ...policyOperations(),
  };
  const records = Object.entries(operations).map(([name, operation]) => ({
    name,
    record: issueRecord({
      signer: root,
      networkId: root.networkId,
      parents: heads,
      operation,
      timeMs: 1_700_000_000_000,
    }),
  }));
  return {
    valid: records.map(({ name, record: { bytes } }) => {
      const { id, body, signature } = decodeMembershipRecord(bytes);
      return { name, bytes, value: { id, body, signature } };
    }),
    invalid: invalidOperations(
      (name) => records.find((one) => one.name === name)?.record.bytes as Uint8Array,
    ),
  };
}

function invalidOperations(bytesOf: (name: string) => Uint8Array) {
  const made = (name: string, ...parts: Change[]): Uint8Array => {
    const bytes = bytesOf(name);
    return change(bytes, [[[1], change(bodyBytes(bytes), parts)]]);
  };
  const listOf = (name: string, place: number): CborValue[] => {
    const body = decodeCbor(bodyBytes(bytesOf(name)), { bytesMax: 1 << 20, what: "A vector" });
    const [, , , , , operation] = body as CborValue[];
    return [...((operation as CborValue[])[place] as CborValue[])];
  };
  const [removal, role] = ["a removal with a cut of two incarnations", "a change to reader of one space"];
  const [start, grant] = ["an epoch after another", "a grant to two members"];
  const [cuts, wraps, grants] = [listOf(removal, 2), listOf(start, 5), listOf(grant, 2)];
  const tooMany = Array.from({ length: 101 }, (_, index) => [fixedBytes(`m${index}`, 32), Buffer.alloc(1)]);
  return [
    bad("the cut is not sorted", made(removal, [[5, 2], cuts.toReversed()])),
    bad(
      "the cut names an incarnation twice",
      made(removal, [
        [5, 2],
        [cuts[0], cuts[0]],
      ]),
    ),
    bad("the cut's number is 0", made(removal, [[5, 2, 0, 1], 0])),
    bad("the cut's entry has 31 bytes", made(removal, [[5, 2, 0, 2], Buffer.alloc(31)])),
    bad("the removal has no cut", made(removal, [[5, 2], undefined])),
    bad("the removal has a field too many", made("a removal of who wrote nothing", [[5, 3], null])),
    bad("the role is 4", made(role, [[5, 2], 4])),
    bad("the change of role has no spaces", made(role, [[5, 3], undefined])),
    bad("the space has 15 bytes", made("a space", [[5, 1], Buffer.alloc(15)])),
    bad("the recovery wrap is missing", made("a space", [[5, 2], null])),
    bad("the recovery wrap is empty", made("a space", [[5, 2], Buffer.alloc(0)])),
    bad("a wrap is too long", made("a space", [[5, 3, 0, 1], Buffer.alloc(257)])),
    bad("the wraps are not sorted", made(start, [[5, 5], wraps.toReversed()])),
    bad(
      "a member has two wraps",
      made(start, [
        [5, 5],
        [wraps[0], wraps[0]],
      ]),
    ),
    bad("there are 101 wraps", made(start, [[5, 5], tooMany])),
    bad("the epoch has 17 bytes", made(start, [[5, 2], Buffer.alloc(17)])),
    bad(
      "a previous epoch stands twice",
      made(start, [
        [5, 3],
        [...listOf(start, 3), ...listOf(start, 3)],
      ]),
    ),
    bad("there are no grants", made(grant, [[5, 2], []])),
    bad("the grants are not sorted", made(grant, [[5, 2], grants.toReversed()])),
    bad("a granted epoch stands twice", made(grant, [[5, 2, grantPlace(grants), 2], twice(grants)])),
    bad("the recovery key has 33 bytes", made("the recovery key", [[5, 1], Buffer.alloc(33)])),
    bad("the capacity is negative", made(STATED, [[5, 2], -1])),
    bad("the zone has a space", made(STATED, [[5, 3], "at home"]), "INVALID_ARGUMENT"),
    bad("the zone is empty", made(STATED, [[5, 3], ""]), "INVALID_ARGUMENT"),
    bad("the attributes have a field too many", made(DRAINED, [[5, 5], null])),
    bad("a member is said not to be drained", made(DRAINED, [[5, 4], false])),
    bad("the class is one of copies", made(BY_PREFIX, [[5, 2], 64])),
    bad("the class is 65,536", made(BY_PREFIX, [[5, 2], 65_536])),
    bad("a class by prefix has none", made(BY_PREFIX, [[5, 4], null])),
    bad("the default has a prefix", made(BY_DEFAULT, [[5, 4], Buffer.alloc(60)])),
    bad("the prefix is too long", made(BY_PREFIX, [[5, 4], Buffer.alloc(1281)])),
    bad("a policy asks for 65 copies", made(BY_PREFIX, [[5, 3, 0], 65])),
    bad("a policy asks for no copy", made(BY_DEFAULT, [[5, 3, 0], 0])),
    bad("the least copies are more than the copies", made(BY_PREFIX, [[5, 3, 1], 4])),
    bad("the zones are more than the copies", made(BY_PREFIX, [[5, 3, 2], 4])),
    bad("a required member has 31 bytes", made(BY_PREFIX, [[5, 3, 3, 0], Buffer.alloc(31)])),
    bad(
      "the required members are not sorted",
      made(BY_PREFIX, [[5, 3, 3], (listOf(BY_PREFIX, 3)[3] as CborValue[]).toReversed()]),
    ),
    bad("the history is negative", made(BY_PREFIX, [[5, 3, 4], -1])),
  ];
}

const DRAINED = "a member that is being drained";
const [STATED, BY_PREFIX, BY_DEFAULT] = [
  "the capacity and zone of a member",
  "a policy by prefix",
  "a policy of a space's default",
] as const;

function policyOperations(): Record<string, MembershipOperation> {
  const { peerId: member } = identity;
  const required = [member, other.peerId];
  const rules = { copies: 3, min: 2, zones: 2, required, historyMs: 30 * 24 * 3600 * 1000 };
  const sealedPrefix = fixedBytes("a sealed prefix", 64);
  return {
    [STATED]: { op: "attributes", member, capacityBytes: 500_000_000_000, zone: "home" },
    [DRAINED]: { op: "attributes", member, capacityBytes: null, zone: "home", isDraining: true },
    "a member of which nothing is said any more": {
      ...{ op: "attributes", member, capacityBytes: null, zone: null },
    },
    [BY_PREFIX]: { op: "policy", space, policyClass: 4711, rules, sealedPrefix },
    "a policy by prefix that is dropped": {
      op: "policy",
      space,
      policyClass: 4711,
      rules: null,
      sealedPrefix,
    },
    [BY_DEFAULT]: {
      ...{ op: "policy", space, policyClass: 0, sealedPrefix: null },
      rules: { copies: 2, min: 1, zones: 1, required: [], historyMs: null },
    },
  };
}

/** Which of the grants holds an epoch. */
function grantPlace(grants: readonly CborValue[]): number {
  return grants.findIndex((grant) => ((grant as CborValue[])[2] as CborValue[]).length > 0);
}

function twice(grants: readonly CborValue[]): CborValue[] {
  const [epoch] = (grants[grantPlace(grants)] as CborValue[])[2] as CborValue[];
  return [epoch as CborValue, epoch as CborValue];
}
