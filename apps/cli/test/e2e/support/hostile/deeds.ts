import {
  type Digest,
  epochIdFromBytes,
  type MembershipOperation,
  type MembershipRecord,
  type NetworkId,
  parsePeerId,
  type Role,
  type SpaceId,
  spaceIdFromBytes,
  systemClock,
  systemRandom,
} from "@gstore/core";
import { generateIdentity, issueRecord, type NodeIdentity } from "@gstore/crypto";
import type { Deed } from "./hostile-ops.ts";

/** Bytes of a wrapped secret that nobody can open. */
const WRAP_BYTES = 81;

export interface DeedsRequest {
  readonly signer: NodeIdentity;
  readonly networkId: NetworkId;
  readonly parents: readonly Digest[];
}

/** Signs operations of the membership log, each after the one before, whoever may issue them. */
export function issueDeeds(
  deeds: readonly Deed[],
  { signer, networkId, parents }: DeedsRequest,
): MembershipRecord[] {
  const issued: MembershipRecord[] = [];
  for (const deed of deeds) {
    const last = issued.at(-1);
    const operation = operationOf(deed, signer);
    issued.push(
      issueRecord({
        ...{ signer, networkId, operation, timeMs: systemClock.now() },
        parents: last === undefined ? parents : [last.id],
      }),
    );
  }
  return issued;
}

function operationOf(deed: Deed, self: NodeIdentity): MembershipOperation {
  const wrap = (): Uint8Array => systemRandom.bytes(WRAP_BYTES);
  switch (deed.op) {
    case "admit":
      return {
        ...{
          op: "admit",
          member: parsePeerId(deed.member),
          agreementKey: generateIdentity().agreementPublicKey,
        },
        ...{ role: (deed.role ?? "admin") as Role, name: deed.name ?? "puppet", spaces: null },
      };
    case "remove":
      return { op: "remove", member: parsePeerId(deed.member), cut: [] };
    case "changeRole":
      return {
        ...{ op: "changeRole", member: parsePeerId(deed.member), role: deed.role as Role },
        ...{ spaces: null, cut: [] },
      };
    case "createSpace":
      return {
        ...{ op: "createSpace", space: spaceIdFromBytes(systemRandom.bytes(16)) },
        ...{ recoveryWrap: wrap(), wraps: [{ member: self.peerId, wrap: wrap() }] },
      };
    case "epoch":
      return {
        ...{ op: "epoch", space: deed.space as SpaceId, epoch: epochIdFromBytes(systemRandom.bytes(16)) },
        ...{ previous: [], recoveryWrap: wrap(), wraps: [{ member: self.peerId, wrap: wrap() }] },
      };
    case "grant": {
      const member = deed.member === undefined ? self.peerId : parsePeerId(deed.member);
      const epochs = [{ epoch: epochIdFromBytes(systemRandom.bytes(16)), wrap: wrap() }];
      return { op: "grant", space: deed.space as SpaceId, grants: [{ member, lifeWrap: wrap(), epochs }] };
    }
    case "recovery":
      return { op: "recovery", agreementKey: generateIdentity().agreementPublicKey };
  }
}
