import type { CborValue } from "../cbor.ts";
import { DIGEST_BYTES, digestFromBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import {
  epochIdFromBytes,
  ID_BYTES,
  incarnationFromBytes,
  type PeerId,
  peerIdOfPublicKey,
  type SpaceId,
  spaceIdFromBytes,
} from "../ids.ts";
import { parseNodeName } from "../key-name.ts";
import {
  CUT_INCARNATIONS_MAX,
  EPOCHS_PER_GRANT_MAX,
  NODE_NAME_BYTES_MAX,
  PREVIOUS_EPOCHS_MAX,
  WRAP_BYTES_MAX,
  WRAPS_PER_RECORD_MAX,
} from "../limits.ts";
import {
  type AuthorCut,
  type EpochWrap,
  MEMBERSHIP_OPS,
  type MemberGrant,
  type MembershipOperation,
  type MemberWrap,
  type PreviousEpoch,
  ROLES,
  type Role,
} from "./membership-operation.ts";
import { operationFields } from "./operation-fields.ts";
import { decodePolicy } from "./policy-decoder.ts";

const SPACES_PER_CERTIFICATE_MAX = 256;
const ROLE_NAMES = Object.keys(ROLES) as Role[];
const WRAP_BYTES = { min: 1, max: WRAP_BYTES_MAX };

/** Decodes an operation strictly. A number that a later version has is `UNSUPPORTED_VERSION`. */
export function decodeOperation(value: CborValue): MembershipOperation {
  const number = Array.isArray(value) ? (value[0] as CborValue) : null;
  if (typeof number !== "number")
    throw new GstoreError("INVALID_FORMAT", "A membership record has no operation.");
  const op = (Object.keys(MEMBERSHIP_OPS) as (keyof typeof MEMBERSHIP_OPS)[]).find(
    (name) => MEMBERSHIP_OPS[name] === number,
  );
  if (op !== undefined) return DECODERS[op](value);
  throw new GstoreError(
    "UNSUPPORTED_VERSION",
    `Membership operation ${number} needs a newer gstore on this node.`,
  );
}

const DECODERS: { readonly [Op in keyof typeof MEMBERSHIP_OPS]: (value: CborValue) => MembershipOperation } =
  {
    admit: (value) => {
      const fields = operationFields(value, "An admission", 6);
      return {
        op: "admit",
        member: decodeMember(fields),
        agreementKey: fields.bytes("agreementKey", ID_BYTES.publicKey),
        role: decodeRole(fields),
        name: parseNodeName(fields.text("name", NODE_NAME_BYTES_MAX)),
        spaces: decodeSpaces(fields.any()),
      };
    },
    remove: (value) => {
      const fields = operationFields(value, "A removal", 3);
      return { op: "remove", member: decodeMember(fields), cut: decodeCuts(fields) };
    },
    changeRole: (value) => {
      const fields = operationFields(value, "A change of role", 5);
      return {
        op: "changeRole",
        member: decodeMember(fields),
        role: decodeRole(fields),
        spaces: decodeSpaces(fields.any()),
        cut: decodeCuts(fields),
      };
    },
    createSpace: (value) => {
      const fields = operationFields(value, "A space's record", 4);
      return {
        op: "createSpace",
        space: decodeSpace(fields),
        recoveryWrap: fields.bytes("recoveryWrap", WRAP_BYTES),
        wraps: decodeMemberWraps(fields),
      };
    },
    epoch: (value) => {
      const fields = operationFields(value, "An epoch's record", 6);
      return {
        op: "epoch",
        space: decodeSpace(fields),
        epoch: epochIdFromBytes(fields.bytes("epoch", ID_BYTES.epoch)),
        previous: decodePrevious(fields.array("previous", { max: PREVIOUS_EPOCHS_MAX })),
        recoveryWrap: fields.bytes("recoveryWrap", WRAP_BYTES),
        wraps: decodeMemberWraps(fields),
      };
    },
    grant: (value) => {
      const fields = operationFields(value, "A grant", 3);
      return { op: "grant", space: decodeSpace(fields), grants: decodeMemberGrants(fields) };
    },
    recovery: (value) => {
      const fields = operationFields(value, "A recovery key's record", 2);
      return { op: "recovery", agreementKey: fields.bytes("agreementKey", ID_BYTES.publicKey) };
    },
    attributes: (value) => {
      const isDraining = Array.isArray(value) && value.length === 5;
      const fields = operationFields(value, "A member's attributes", isDraining ? 5 : 4);
      const stated = {
        op: "attributes",
        member: decodeMember(fields),
        capacityBytes: fields.integerOrNull("capacity"),
        zone: decodeZone(fields.textOrNull("zone", NODE_NAME_BYTES_MAX)),
      } as const;
      if (!isDraining) return stated;
      // One way to say that it is not: leaving it out.
      if (fields.any() !== true) throw new GstoreError("INVALID_FORMAT", "draining is not true.");
      return { ...stated, isDraining };
    },
    policy: decodePolicy,
  };

function decodeZone(zone: string | null): string | null {
  return zone === null ? null : parseNodeName(zone);
}

function decodeMember(fields: FieldReader): PeerId {
  return peerIdOf(fields.bytes("member", ID_BYTES.publicKey));
}

function decodeRole(fields: FieldReader): Role {
  return ROLE_NAMES[fields.integer("role", { max: ROLES.vault })] as Role;
}

function decodeSpace(fields: FieldReader): SpaceId {
  return spaceIdFromBytes(fields.bytes("space", ID_BYTES.space));
}

function decodeSpaces(value: CborValue): SpaceId[] | null {
  if (value === null) return null;
  const fields = new FieldReader([value], "A member's role", 1);
  return fields.array("spaces", { max: SPACES_PER_CERTIFICATE_MAX }).map((space) => {
    if (space instanceof Uint8Array) return spaceIdFromBytes(space);
    throw new GstoreError("INVALID_FORMAT", "A member's role holds something else where a space should be.");
  });
}

function decodeCuts(fields: FieldReader): AuthorCut[] {
  const cuts = fields.array("cut", { max: CUT_INCARNATIONS_MAX }).map((value) => {
    const cut = new FieldReader(value, "A cut", 3);
    return {
      incarnation: incarnationFromBytes(cut.bytes("incarnation", ID_BYTES.incarnation)),
      seq: cut.integer("seq", { min: 1 }),
      entry: digestFromBytes(cut.bytes("entry", DIGEST_BYTES)),
    };
  });
  return ascending(cuts, (cut) => cut.incarnation, "A cut");
}

function decodeMemberWraps(fields: FieldReader): MemberWrap[] {
  const values = fields.array("wraps", { max: WRAPS_PER_RECORD_MAX });
  return byMember(values, "A list of wraps", (value) => {
    const one = new FieldReader(value, "A wrap", 2);
    const key = one.bytes("member", ID_BYTES.publicKey);
    return { key, item: { member: peerIdOf(key), wrap: one.bytes("wrap", WRAP_BYTES) } };
  });
}

function decodeMemberGrants(fields: FieldReader): MemberGrant[] {
  const values = fields.array("grants", { min: 1, max: WRAPS_PER_RECORD_MAX });
  return byMember(values, "A list of grants", (value) => {
    const one = new FieldReader(value, "A member's grant", 3);
    const key = one.bytes("member", ID_BYTES.publicKey);
    const lifeWrap = one.bytesOrNull("lifeWrap", WRAP_BYTES);
    const epochs = decodeEpochWraps(one.array("epochs", { max: EPOCHS_PER_GRANT_MAX }));
    return { key, item: { member: peerIdOf(key), lifeWrap, epochs } };
  });
}

function byMember<T>(
  values: readonly CborValue[],
  what: string,
  decode: (value: CborValue) => { readonly key: Uint8Array; readonly item: T },
): T[] {
  const decoded = values.map(decode);
  return ascending(decoded, ({ key }) => Buffer.from(key).toString("hex"), what).map(({ item }) => item);
}

function decodePrevious(values: readonly CborValue[]): PreviousEpoch[] {
  const previous = values.map((value) => {
    const one = new FieldReader(value, "A previous epoch", 2);
    const epoch = epochIdFromBytes(one.bytes("epoch", ID_BYTES.epoch));
    return { epoch, sealed: one.bytes("sealed", WRAP_BYTES) };
  });
  return ascending(previous, (one) => one.epoch, "A list of previous epochs");
}

function decodeEpochWraps(values: readonly CborValue[]): EpochWrap[] {
  const wraps = values.map((value) => {
    const one = new FieldReader(value, "A granted epoch", 2);
    return {
      epoch: epochIdFromBytes(one.bytes("epoch", ID_BYTES.epoch)),
      wrap: one.bytes("wrap", WRAP_BYTES),
    };
  });
  return ascending(wraps, (one) => one.epoch, "A list of granted epochs");
}

/** The items, if each has a greater key than the one before it: one order, and nothing twice. */
function ascending<T>(items: T[], keyOf: (item: T) => string, what: string): T[] {
  for (let index = 1; index < items.length; index++) {
    if (keyOf(items[index - 1] as T) >= keyOf(items[index] as T))
      throw new GstoreError("INVALID_FORMAT", `${what} is not sorted, or has something twice.`);
  }
  return items;
}

const peerIds = new Map<string, PeerId>();
const PEER_IDS_MAX = 4096;

/** A PeerId from its key; remembered, since a record may name a hundred members and base58 is slow. */
export function peerIdOf(publicKey: Uint8Array): PeerId {
  const hex = Buffer.from(publicKey).toString("hex");
  const known = peerIds.get(hex);
  if (known !== undefined) return known;
  if (peerIds.size >= PEER_IDS_MAX) peerIds.clear();
  const peerId = peerIdOfPublicKey(publicKey);
  peerIds.set(hex, peerId);
  return peerId;
}
