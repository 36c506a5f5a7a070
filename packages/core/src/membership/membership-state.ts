import type { Digest } from "../digest.ts";
import type { MembershipRecord } from "../formats/membership.ts";
import type { Admission, Attributes, AuthorCut, Role } from "../formats/membership-operation.ts";
import type { NetworkId, PeerId, SpaceId } from "../ids.ts";
import { CERTIFICATE_CHAIN_MAX, MEMBERSHIP_HEADS_MAX } from "../limits.ts";
import { AuthorRights, type Authorship, type MayAuthor, mayRead } from "./authorship.ts";
import { allLatest, latestOf, lowest } from "./latest-records.ts";
import { MembershipDag, type PlacedRecord, WHOLE_LOG } from "./membership-dag.ts";
import { type SpaceState, spacesOf } from "./space-state.ts";
import { isWithin, type Standing, type Standings } from "./standing.ts";
import { judge, type Verdict } from "./verdicts.ts";

/** Who is in, with the rights that hold now; those in `admission` may be older. */
export interface Member {
  readonly peer: PeerId;
  readonly role: Role;
  /** Spaces the role holds in; null for all. */
  readonly spaces: readonly SpaceId[] | null;
  readonly name: string;
  readonly agreementKey: Uint8Array;
  /** Bytes that it can hold; null where nobody said. */
  readonly capacityBytes: number | null;
  /** Where it stands; null where nobody said. */
  readonly zone: string | null;
  /** It is being emptied before it leaves: nothing is placed at it. */
  readonly isDraining: boolean;
  /** Who stated these: the member itself, an admin, or the root; null where nobody did. */
  readonly attributesBy: PeerId | null;
  readonly admission: Admission;
  /** The record of `admission`: the first of this member's certificate. */
  readonly record: MembershipRecord;
  /** When it came in, by the clock of who admitted it; it may have been admitted anew since. For people. */
  readonly sinceMs: number;
}

/** Who was in and is no more. */
export interface RemovedMember {
  readonly peer: PeerId;
  readonly name: string;
  readonly removals: readonly RemovalState[];
}

export interface RemovalState {
  readonly record: Digest;
  /** True where the member left by itself. */
  readonly isLeave: boolean;
  readonly cut: readonly AuthorCut[];
}

/**
 * What a record is worth, given all that are here. `valid`; `overruled` by what another did at the same time;
 * `unauthorised` by what came before it; `impossible`, which no record that may still arrive changes, so that nobody has
 * to keep it; `waiting` for an ancestor; of a `foreign` network.
 */
export type RecordStatus =
  | { readonly status: "valid" | "unauthorised" | "impossible" | "waiting" | "foreign" }
  | { readonly status: "overruled"; readonly by: Digest };

/** What the membership log says. Never changes: more records make another state. */
export interface MembershipState {
  readonly networkId: NetworkId;
  readonly members: ReadonlyMap<PeerId, Member>;
  readonly removed: ReadonlyMap<PeerId, RemovedMember>;
  readonly spaces: ReadonlyMap<SpaceId, SpaceState>;
  /** What every space's secrets are wrapped to besides; null before the root has said. */
  readonly recoveryKey: Uint8Array | null;
  /** The valid records that no valid one follows, sorted, at most as many as a record or entry names. Never others: who follows a record wants it to count. */
  readonly heads: readonly Digest[];
  readonly statuses: ReadonlyMap<Digest, RecordStatus>;
  /** Parents that records here name and that are not here, sorted. */
  readonly missing: readonly Digest[];
  /** Whether an entry counts, by the rights of its author when it was written and by what was cut since. */
  mayAuthor(entry: Authorship): MayAuthor;
  /**
   * Of an entry that counts and whose author was removed or demoted since: the last entries of its incarnation that
   * count, of which it has to be an ancestor (or one of them). Empty where nothing was cut.
   */
  cutsOf(entry: Authorship): readonly AuthorCut[];
  /**
   * The certificate of a member: its admission, its issuer's, up to the root's. Undefined for no member, and where the
   * issuers between are too many, were admitted in another role than admin, or for less than they gave.
   */
  certificateOf(peer: PeerId): readonly MembershipRecord[] | undefined;
}

/**
 * Evaluates the membership log: docs/spec/membership.md. The result depends on which records there are, never on their
 * order, on time or on who asks. Their signatures must have been checked. A few thousand records take well under a second.
 */
export function evaluateMembership(
  records: Iterable<MembershipRecord>,
  networkId: NetworkId,
): MembershipState {
  const dag = new MembershipDag(records, networkId);
  const { verdicts, standings } = judge(dag);
  const { members, removed } = peersOf(dag, verdicts, standings);
  const rights = new AuthorRights(dag, verdicts, standings);
  const readersOf = (space: SpaceId): PeerId[] =>
    [...members.values()].filter((member) => mayRead(member, space)).map((member) => member.peer);
  return {
    networkId,
    members,
    removed,
    spaces: spacesOf(dag, verdicts, readersOf),
    recoveryKey: recoveryKeyOf(latest(dag, verdicts, (node) => node.record.body.operation.op === "recovery")),
    heads: latest(dag, verdicts, () => true)
      .map((node) => node.record.id)
      .sort()
      .slice(0, MEMBERSHIP_HEADS_MAX),
    statuses: statusesOf(dag, verdicts),
    missing: missingOf(dag),
    mayAuthor: (entry) => rights.mayAuthor(entry),
    cutsOf: (entry) => rights.cutsOf(entry),
    certificateOf: (peer) => certificateOf(peer, { dag, standings, members }),
  };
}

function peersOf(dag: MembershipDag, verdicts: readonly Verdict[], standings: Standings) {
  const members = new Map<PeerId, Member>();
  const removed = new Map<PeerId, RemovedMember>();
  const attributes = attributesOf(dag, verdicts);
  for (const peer of [...standings.peers()].sort()) {
    const standing = standings.of(peer, WHOLE_LOG) as Standing | null;
    if (standing === null) continue;
    const { record } = dag.nodes[standing.admission] as PlacedRecord;
    const admission = record.body.operation as Admission;
    const { role, spaces } = standing;
    const { name, agreementKey } = admission;
    const sinceMs = (dag.nodes[standing.since] as PlacedRecord).record.body.timeMs;
    const rights = { peer, role, spaces };
    const latest = attributes.get(peer);
    const { capacityBytes, zone } = (latest?.record.body.operation ?? NOTHING_STATED) as Attributes;
    // Who left and came back is not on its way out any more.
    const isDraining =
      (latest?.record.body.operation as Attributes | undefined)?.isDraining === true &&
      dag.isAncestor(standing.since, latest?.index as number);
    const stated = { capacityBytes, zone, isDraining, attributesBy: latest?.issuer ?? null };
    if (standing.isMember)
      members.set(peer, { ...rights, ...stated, name, agreementKey, admission, record, sinceMs });
    else removed.set(peer, { peer, name, removals: removalsOf(peer, dag, verdicts, standings) });
  }
  return { members, removed };
}

const NOTHING_STATED = { capacityBytes: null, zone: null };

/** What was last stated about each peer; of several without order among them the lowest record's. */
function attributesOf(dag: MembershipDag, verdicts: readonly Verdict[]): Map<PeerId, PlacedRecord> {
  const counting = dag.nodes.filter(
    (node) => node.record.body.operation.op === "attributes" && verdicts[node.index]?.status === "valid",
  );
  const stated = Map.groupBy(counting, ({ record }) => (record.body.operation as Attributes).member);
  return new Map([...stated].map(([peer, nodes]) => [peer, latestOf(nodes, dag) as PlacedRecord]));
}

/** The removals of a peer that count and that no admission followed. */
function removalsOf(
  peer: PeerId,
  dag: MembershipDag,
  verdicts: readonly Verdict[],
  standings: Standings,
): RemovalState[] {
  const counting = standings.about(peer).filter((index) => verdicts[index]?.status === "valid");
  const nodes = counting.map((index) => dag.nodes[index] as PlacedRecord);
  const admissions = nodes.filter((node) => node.record.body.operation.op === "admit");
  return nodes.flatMap(({ record, index, issuer }) => {
    const { operation } = record.body;
    if (operation.op !== "remove" || admissions.some((later) => dag.isAncestor(index, later.index)))
      return [];
    return [{ record: record.id, isLeave: issuer === peer, cut: operation.cut }];
  });
}

/** Of the valid records of a kind those that no other of them follows. */
function latest(
  dag: MembershipDag,
  verdicts: readonly Verdict[],
  isOfKind: (node: PlacedRecord) => boolean,
): PlacedRecord[] {
  return allLatest(
    dag.nodes.filter((node) => verdicts[node.index]?.status === "valid" && isOfKind(node)),
    dag,
  );
}

function recoveryKeyOf(candidates: readonly PlacedRecord[]): Uint8Array | null {
  const operation = lowest(candidates)?.record.body.operation;
  return operation?.op === "recovery" ? operation.agreementKey : null;
}

function statusesOf(dag: MembershipDag, verdicts: readonly Verdict[]): Map<Digest, RecordStatus> {
  const statuses = new Map<Digest, RecordStatus>();
  for (const { record, index } of dag.nodes) {
    const verdict = verdicts[index] as Verdict;
    const status: RecordStatus =
      verdict.status === "overruled"
        ? { status: "overruled", by: (dag.nodes[verdict.by] as PlacedRecord).record.id }
        : verdict;
    statuses.set(record.id, status);
  }
  for (const { id } of dag.waiting) statuses.set(id, { status: "waiting" });
  for (const { id } of dag.foreign) statuses.set(id, { status: "foreign" });
  return statuses;
}

function missingOf(dag: MembershipDag): Digest[] {
  const waiting = new Set(dag.waiting.map((record) => record.id));
  const parents = dag.waiting.flatMap((record) => record.body.parents);
  const missing = parents.filter((parent) => !waiting.has(parent) && dag.indexOf(parent) === undefined);
  return [...new Set(missing)].sort();
}

function certificateOf(
  peer: PeerId,
  log: {
    readonly dag: MembershipDag;
    readonly standings: Standings;
    readonly members: ReadonlyMap<PeerId, Member>;
  },
): readonly MembershipRecord[] | undefined {
  const member = log.members.get(peer);
  if (member === undefined) return undefined;
  const chain = [log.dag.nodes[log.dag.indexOf(member.record.id) as number] as PlacedRecord];
  for (let last = chain[0] as PlacedRecord; !last.isRoot; last = chain.at(-1) as PlacedRecord) {
    // The issuer as it was when it issued: it may have been removed since, and what it did before then holds.
    const standing = log.standings.of(last.issuer, log.dag.pastOf(last.index)) as Standing | null;
    if (standing === null || chain.length === CERTIFICATE_CHAIN_MAX) return undefined;
    const issuer = log.dag.nodes[standing.admission] as PlacedRecord;
    const granted = issuer.record.body.operation as Admission;
    const given = last.record.body.operation as Admission;
    if (granted.role !== "admin" || !isWithin(given.spaces, granted.spaces)) return undefined;
    chain.push(issuer);
  }
  return chain.map((node) => node.record);
}
