import type { Digest } from "../digest.ts";
import type {
  EpochStart,
  MembershipOperation,
  PolicyRules,
  PreviousEpoch,
} from "../formats/membership-operation.ts";
import type { EpochId, PeerId, SpaceId } from "../ids.ts";
import { latestOf } from "./latest-records.ts";
import type { MembershipDag, PlacedRecord } from "./membership-dag.ts";
import type { Verdict } from "./verdicts.ts";

/** Whom a wrapped secret is for: a member, or who holds the root seed. */
export type WrapRecipient = PeerId | "recovery";

/** One generation of a space's content keys, as the log has it. */
export interface EpochState {
  readonly id: EpochId;
  readonly record: Digest;
  /** Its issuer was removed at the same time: what was sealed in it can be read, nothing more is sealed in it. */
  readonly isOverruled: boolean;
  /** Earlier epochs, each sealed under this one. */
  readonly previous: readonly PreviousEpoch[];
  /** Who was given its secret, by it or by a grant; besides, whoever was given a later one knows it. */
  readonly holders: ReadonlySet<PeerId>;
}

export interface SpaceState {
  readonly id: SpaceId;
  readonly record: Digest;
  /** In order: an epoch stands behind those that its issuer knew. */
  readonly epochs: readonly EpochState[];
  /** Epochs that none follows, best first: fewest outsiders that know it, then the lower record. */
  readonly latestEpochs: readonly EpochId[];
  /** What is written now is sealed in this one; null where no epoch counts. */
  readonly currentEpoch: EpochId | null;
  /** Whether an admin has to begin an epoch: somebody who may not read the space knows the current one, or there is none. */
  readonly isRotationDue: boolean;
  /** Members that may read the space: all but vaults, if their role holds in it. Sorted. */
  readonly readers: readonly PeerId[];
  /** Those of them that were given no life-long secrets or not the current epoch: somebody has to grant. Sorted. */
  readonly readersWithoutKeys: readonly PeerId[];
  /** By class; those that were dropped are none. */
  readonly policies: ReadonlyMap<number, PolicyState>;
  /** What was wrapped for somebody, in the order of the log. Several, where it was granted again. */
  wrapsFor(recipient: WrapRecipient): SpaceWraps;
}

/** A policy as it holds now. */
export interface PolicyState {
  readonly policyClass: number;
  readonly rules: PolicyRules;
  /** Null for the space's default. */
  readonly sealedPrefix: Uint8Array | null;
  readonly record: Digest;
  readonly issuer: PeerId;
}

export interface SpaceWraps {
  readonly life: readonly Uint8Array[];
  readonly epochs: readonly { readonly epoch: EpochId; readonly wrap: Uint8Array }[];
}

type Of<Op extends MembershipOperation["op"]> = PlacedRecord & {
  readonly record: { readonly body: { readonly operation: Extract<MembershipOperation, { op: Op }> } };
};

/** The spaces that the log makes, from records that count or were merely overruled: these still open what was sealed meanwhile. */
export function spacesOf(
  dag: MembershipDag,
  verdicts: readonly Verdict[],
  readersOf: (space: SpaceId) => PeerId[],
): Map<SpaceId, SpaceState> {
  const usable = dag.nodes.filter((node) => ["valid", "overruled"].includes(statusOf(verdicts, node)));
  const spaces = new Map<SpaceId, SpaceState>();
  const bySpace = Map.groupBy(usable, ({ record: { body } }) =>
    "space" in body.operation ? body.operation.space : null,
  );
  for (const [id, nodes] of bySpace) {
    const creation = nodes.find((node) => node.record.body.operation.op === "createSpace");
    if (id === null || creation === undefined) continue;
    spaces.set(id, spaceState({ id, creation, nodes, dag, verdicts, readers: readersOf(id) }));
  }
  return spaces;
}

function spaceState(parts: {
  readonly id: SpaceId;
  readonly creation: PlacedRecord;
  readonly nodes: readonly PlacedRecord[];
  readonly dag: MembershipDag;
  readonly verdicts: readonly Verdict[];
  readonly readers: PeerId[];
}): SpaceState {
  const { id, creation, nodes, verdicts } = parts;
  const readers = parts.readers.toSorted();
  const starts = firstOfEach(
    nodes.filter((node): node is Of<"epoch"> => node.record.body.operation.op === "epoch"),
  );
  const holders = holdersOf(nodes, starts, parts.dag);
  const epochs = starts.map((node): EpochState => {
    const { epoch, previous } = node.record.body.operation;
    const isOverruled = statusOf(verdicts, node) === "overruled";
    return {
      id: epoch,
      record: node.record.id,
      isOverruled,
      previous,
      holders: holders.get(epoch) ?? new Set(),
    };
  });
  const reading = new Set(readers);
  const outsiders = (epoch: EpochState): number =>
    [...epoch.holders].filter((peer) => !reading.has(peer)).length;
  const latest = latestEpochs(starts, epochs, parts.dag).sort(
    (left, right) => outsiders(left) - outsiders(right) || (left.record < right.record ? -1 : 1),
  );
  const current = latest[0];
  const life = lifeHolders(nodes);
  return {
    id,
    record: creation.record.id,
    epochs,
    latestEpochs: latest.map((epoch) => epoch.id),
    currentEpoch: current?.id ?? null,
    isRotationDue: current === undefined || outsiders(current) > 0,
    readers,
    readersWithoutKeys: readers.filter((peer) => !life.has(peer) || current?.holders.has(peer) !== true),
    policies: policiesOf(nodes, verdicts, parts.dag),
    wrapsFor: (recipient) => wrapsFor(nodes, recipient),
  };
}

/** What was last said of each class; of several without order among them the lowest record's. */
function policiesOf(
  nodes: readonly PlacedRecord[],
  verdicts: readonly Verdict[],
  dag: MembershipDag,
): Map<number, PolicyState> {
  const said = nodes.filter(
    (node): node is Of<"policy"> =>
      node.record.body.operation.op === "policy" && statusOf(verdicts, node) === "valid",
  );
  const policies = new Map<number, PolicyState>();
  for (const [policyClass, some] of Map.groupBy(said, ({ record }) => record.body.operation.policyClass)) {
    const { record, issuer } = latestOf(some, dag) as Of<"policy">;
    const { rules, sealedPrefix } = record.body.operation;
    if (rules !== null)
      policies.set(policyClass, { policyClass, rules, sealedPrefix, record: record.id, issuer });
  }
  return policies;
}

/** Epochs that count and that none that counts follows. */
function latestEpochs(
  starts: readonly PlacedRecord[],
  epochs: readonly EpochState[],
  dag: MembershipDag,
): EpochState[] {
  const counting = starts.filter((_node, index) => epochs[index]?.isOverruled === false);
  return epochs.filter((epoch, index) => {
    if (epoch.isOverruled) return false;
    return !counting.some((later) => dag.isAncestor((starts[index] as PlacedRecord).index, later.index));
  });
}

/** Of records that claim one epoch the first: ids are commitments to secrets, so the others copy it. */
function firstOfEach(starts: readonly Of<"epoch">[]): Of<"epoch">[] {
  const seen = new Set<EpochId>();
  return starts.filter(({ record: { body } }) => {
    const isNew = !seen.has(body.operation.epoch);
    seen.add(body.operation.epoch);
    return isNew;
  });
}

function holdersOf(
  nodes: readonly PlacedRecord[],
  starts: readonly Of<"epoch">[],
  dag: MembershipDag,
): Map<EpochId, Set<PeerId>> {
  const holders = new Map(starts.map((node) => [node.record.body.operation.epoch, holdersAtStart(node)]));
  const startOf = new Map(starts.map((node) => [node.record.body.operation.epoch, node.index]));
  for (const { record, index } of nodes) {
    const { operation } = record.body;
    if (operation.op !== "grant") continue;
    for (const { member, epochs } of operation.grants) {
      for (const { epoch } of epochs) {
        // A grant that does not follow the epoch can't hold its secret; a removed admin could backdate one for each.
        const start = startOf.get(epoch);
        if (start !== undefined && dag.isAncestor(start, index)) holders.get(epoch)?.add(member);
      }
    }
  }
  return holders;
}

/** Who the epoch was wrapped for, and who drew its secret unless that was the root. */
function holdersAtStart(node: Of<"epoch">): Set<PeerId> {
  const operation: EpochStart = node.record.body.operation;
  const holders = new Set(operation.wraps.map((wrap) => wrap.member));
  return node.isRoot ? holders : holders.add(node.issuer);
}

function lifeHolders(nodes: readonly PlacedRecord[]): Set<PeerId> {
  const holders = new Set<PeerId>();
  for (const { record } of nodes) {
    const { operation } = record.body;
    if (operation.op === "grant")
      for (const { member, lifeWrap } of operation.grants) if (lifeWrap !== null) holders.add(member);
    if (operation.op === "createSpace") for (const { member } of operation.wraps) holders.add(member);
  }
  return holders;
}

function wrapsFor(nodes: readonly PlacedRecord[], recipient: WrapRecipient): SpaceWraps {
  const life: Uint8Array[] = [];
  const epochs: { epoch: EpochId; wrap: Uint8Array }[] = [];
  for (const { record } of nodes) {
    const { operation } = record.body;
    const granted =
      operation.op === "grant" ? operation.grants.find((grant) => grant.member === recipient) : undefined;
    if (granted !== undefined && granted.lifeWrap !== null) life.push(granted.lifeWrap);
    epochs.push(...(granted?.epochs ?? []));
    if (operation.op !== "createSpace" && operation.op !== "epoch") continue;
    const own =
      recipient === "recovery"
        ? operation.recoveryWrap
        : operation.wraps.find((wrap) => wrap.member === recipient)?.wrap;
    if (own === undefined) continue;
    if (operation.op === "createSpace") life.push(own);
    else epochs.push({ epoch: operation.epoch, wrap: own });
  }
  return { life, epochs };
}

function statusOf(verdicts: readonly Verdict[], node: PlacedRecord): Verdict["status"] {
  return (verdicts[node.index] as Verdict).status;
}
