import {
  type Digest,
  evaluateMembership,
  MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX,
  MEMBERSHIP_COUNTING_RECORDS_MAX,
  MEMBERSHIP_RECORDS_MAX,
  MEMBERSHIP_RECORDS_PER_ISSUER_MAX,
  MEMBERSHIP_ROOT_RESERVE_RECORDS,
  MEMBERSHIP_VOID_RECORDS_MAX,
  MEMBERSHIP_VOID_RECORDS_PER_ISSUER_MAX,
  type MembershipRecord,
  type MembershipState,
  type NetworkId,
  networkIdOfRootKey,
  peerIdOfPublicKey,
} from "@gstore/core";

type Records = ReadonlyMap<Digest, MembershipRecord>;

export interface RecordChoice {
  /** The new records that are kept. */
  readonly added: readonly MembershipRecord[];
  /** Known ones that had to make room. */
  readonly dropped: readonly Digest[];
  /** What the log says with and without them. */
  readonly state: MembershipState;
}

/** Rounds in which new records are left out; what is then still too much adds nothing. */
const ROUNDS_MAX = 3;

/**
 * Chooses what of new records a node keeps. Those that count, or stand before one that does, are kept as long as there is
 * room, which no single issuer can take up, and last of all for the root's. Of those that do not count yet a few per issuer
 * are kept, first come, first kept: a record that is here may be named by an entry, so it goes only when all room is taken.
 * `wanted` are named by an entry already. What nothing can ever make count is not kept.
 */
export function chooseRecords(
  known: Records,
  fresh: readonly MembershipRecord[],
  { networkId, wanted }: { readonly networkId: NetworkId; readonly wanted: ReadonlySet<Digest> },
): RecordChoice {
  let given = fresh;
  let state = evaluateMembership([...known.values(), ...given], networkId);
  let counting = countingRecords([...known.values(), ...given], state);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const without = recordsWithoutRoom(given, counting, state);
    if (without.size === 0) return withVoidRecords({ known, given, counting, wanted, state });
    given = given.filter((record) => !without.has(record));
    state = evaluateMembership([...known.values(), ...given], networkId);
    counting = countingRecords([...known.values(), ...given], state);
  }
  return { added: [], dropped: [], state: evaluateMembership(known.values(), networkId) };
}

/** The records that count and those that they follow. */
function countingRecords(records: readonly MembershipRecord[], state: MembershipState): Records {
  return withAncestors(
    records.filter(({ id }) => state.statuses.get(id)?.status === "valid"),
    records,
  );
}

function withAncestors(some: readonly MembershipRecord[], among: readonly MembershipRecord[]): Records {
  const all = new Map(among.map((record) => [record.id, record]));
  const found = new Map<Digest, MembershipRecord>();
  const open = [...some];
  for (let record = open.pop(); record !== undefined; record = open.pop()) {
    if (found.has(record.id)) continue;
    found.set(record.id, record);
    for (const parent of record.body.parents) {
      const before = all.get(parent);
      if (before !== undefined) open.push(before);
    }
  }
  return found;
}

/** An issuer's beyond its share, and anybody's but the root's once the common room is taken. */
function recordsWithoutRoom(
  fresh: readonly MembershipRecord[],
  counting: Records,
  { networkId, members }: MembershipState,
): Set<MembershipRecord> {
  const isAdmin = ({ body }: MembershipRecord): boolean =>
    members.get(peerIdOfPublicKey(body.issuer))?.role === "admin";
  const perIssuer = Map.groupBy(counting.values(), issuerOf);
  const isFull = counting.size > MEMBERSHIP_COUNTING_RECORDS_MAX;
  const isFullForAll = counting.size > MEMBERSHIP_COUNTING_RECORDS_MAX + MEMBERSHIP_ROOT_RESERVE_RECORDS;
  const ofItself = Map.groupBy([...counting.values()].filter(isOfItself), issuerOf);
  const hasRoom = (record: MembershipRecord): boolean => {
    if (!counting.has(record.id)) return true;
    const said = isOfItself(record) ? (ofItself.get(issuerOf(record))?.length ?? 0) : 0;
    if (said > MEMBERSHIP_ATTRIBUTES_PER_ISSUER_MAX && !isAdmin(record)) return false;
    if (networkIdOfRootKey(record.body.issuer) === networkId) return !isFullForAll;
    const own = perIssuer.get(issuerOf(record))?.length ?? 0;
    return !isFull && own <= MEMBERSHIP_RECORDS_PER_ISSUER_MAX;
  };
  return new Set(fresh.filter((record) => !hasRoom(record)));
}

interface Sorted {
  readonly known: Records;
  readonly given: readonly MembershipRecord[];
  readonly counting: Records;
  readonly wanted: ReadonlySet<Digest>;
  readonly state: MembershipState;
}

/** Adds to what counts what does not, as far as there is room. */
function withVoidRecords({ known, given, counting, wanted, state }: Sorted): RecordChoice {
  const isVoid = ({ id }: MembershipRecord): boolean => !counting.has(id);
  const knownVoid = [...known.values()].filter(isVoid);
  const needed = withAncestors(
    given.filter(({ id }) => wanted.has(id)),
    given,
  );
  const keptVoid = new Set(voidRecordsToKeep(given.filter(isVoid), { knownVoid, needed, state }));
  const added = given.filter((record) => !isVoid(record) || keptVoid.has(record));
  const excess = known.size + added.length - MEMBERSHIP_RECORDS_MAX;
  const dropped = voidRecordsToDrop(knownVoid, excess);
  if (added.length === given.length && dropped.length === 0) return { added, dropped, state };
  const gone = new Set(dropped);
  const left = [...[...known.values()].filter(({ id }) => !gone.has(id)), ...added];
  return { added, dropped, state: evaluateMembership(left, state.networkId) };
}

function voidRecordsToKeep(
  fresh: readonly MembershipRecord[],
  log: {
    readonly knownVoid: readonly MembershipRecord[];
    readonly needed: Records;
    readonly state: MembershipState;
  },
): MembershipRecord[] {
  const { knownVoid, needed, state } = log;
  const perIssuer = new Map(
    [...Map.groupBy(knownVoid, issuerOf)].map(([issuer, own]) => [issuer, own.length]),
  );
  let count = knownVoid.length;
  return fresh.filter((record) => {
    if (needed.has(record.id)) return true;
    const status = state.statuses.get(record.id)?.status;
    const own = perIssuer.get(issuerOf(record)) ?? 0;
    const isTooMuch = own >= MEMBERSHIP_VOID_RECORDS_PER_ISSUER_MAX || count >= MEMBERSHIP_VOID_RECORDS_MAX;
    if (status === "impossible" || status === "foreign" || isTooMuch) return false;
    perIssuer.set(issuerOf(record), own + 1);
    count++;
    return true;
  });
}

/** The latest of whoever has most of them. */
function voidRecordsToDrop(knownVoid: readonly MembershipRecord[], excess: number): Digest[] {
  if (excess <= 0) return [];
  const piles = [...Map.groupBy(knownVoid, issuerOf).values()];
  const dropped: Digest[] = [];
  while (dropped.length < excess) {
    const largest = piles.reduce((left, right) => (right.length > left.length ? right : left), []);
    const record = largest.pop();
    if (record === undefined) break;
    dropped.push(record.id);
  }
  return dropped;
}

/** What any member may say of itself, as often as it likes. */
function isOfItself({ body }: MembershipRecord): boolean {
  const { operation } = body;
  return operation.op === "attributes" && operation.member === peerIdOfPublicKey(body.issuer);
}

function issuerOf({ body }: MembershipRecord): string {
  return Buffer.from(body.issuer).toString("hex");
}
