import {
  type Digest,
  evaluateMembership,
  type MembershipOperation,
  type MembershipRecord,
  type MembershipState,
  type PeerId,
  type Role,
  type SpaceId,
} from "@gstore/core";
import {
  createSpaceRecords,
  epochRecords,
  generateRootKey,
  grantRecords,
  issueRecord,
  type NodeIdentity,
  type OpenedSpace,
  openSpaces,
  type RecordSigner,
  type RootKey,
  verifyRecordSignature,
} from "../src/index.ts";
import { fixedIdentity, fixedRandom } from "./fixtures.ts";

/** A network's log that grows by what its members issue; every signature is checked. */
export class SpaceLog {
  readonly root: RootKey;
  readonly records: MembershipRecord[] = [];
  #time = 0;

  constructor(label: string) {
    this.root = generateRootKey(fixedRandom(`root ${label}`));
    this.issue(this.root, { op: "recovery", agreementKey: this.root.agreementPublicKey });
  }

  get state(): MembershipState {
    return evaluateMembership(this.records, this.root.networkId);
  }

  add(records: readonly MembershipRecord[]): void {
    for (const record of records) verifyRecordSignature(record, this.root.networkId);
    this.records.push(...records);
  }

  issue(
    signer: RecordSigner,
    operation: MembershipOperation,
    parents: readonly Digest[] = this.state.heads,
  ): MembershipRecord {
    const networkId = this.root.networkId;
    const record = issueRecord({ signer, networkId, parents, operation, timeMs: ++this.#time });
    this.add([record]);
    return record;
  }

  admit(signer: RecordSigner, name: string, role: Role, spaces: SpaceId[] | null = null): NodeIdentity {
    const identity = fixedIdentity(name);
    const { peerId: member, agreementPublicKey: agreementKey } = identity;
    this.issue(signer, { op: "admit", member, agreementKey, role, name, spaces });
    return identity;
  }

  createSpace(signer: RecordSigner, name: string): SpaceId {
    const made = createSpaceRecords({ state: this.state, signer, timeMs: ++this.#time, name });
    this.add(made.records);
    return made.space.id;
  }

  rotate(signer: NodeIdentity, space: SpaceId): void {
    const held = this.opened(signer, space);
    this.add(epochRecords({ state: this.state, signer, timeMs: ++this.#time, space: held }).records);
  }

  grant(signer: NodeIdentity, ...members: PeerId[]): void {
    const spaces = openSpaces(this.state, signer);
    this.add(grantRecords({ state: this.state, signer, timeMs: ++this.#time, spaces, members }));
  }

  opened(holder: NodeIdentity | RootKey, space: SpaceId): OpenedSpace {
    const found = openSpaces(this.state, holder).find((one) => one.id === space);
    if (found === undefined) throw new Error("the space is not open to this holder");
    return found;
  }
}
