import { type TObject, type TSchema, type TUnsafe, Type } from "typebox";
import type { WhereisAnswer } from "./copies-wire-types.ts";
import { discoverySchema } from "./discovery-schema.ts";
import type { BootstrapRecord, PeerRecord, PingRecord } from "./peers-wire-types.ts";
import type { PurgeRecord } from "./purge-wire-types.ts";
import { repairSchema } from "./repair-schema.ts";
import type { StatusAnswer } from "./status-wire-types.ts";
import type {
  ConflictsAnswer,
  ErrorRecord,
  IdAnswer,
  InviteRecord,
  IssuedInviteRecord,
  ListAnswer,
  MemberRecord,
  NodeRef,
  RemoveAnswer,
  RestoreAnswer,
  SpaceRecord,
  StoreAnswer,
  UploadRecord,
  VersionsAnswer,
} from "./wire-types.ts";

/** The schema of each answer. Answers are written by them, so that what they don't name can't leak. */

const text = Type.String();
const count = Type.Integer();
const textOrNull = Type.Unsafe<string | null>({ type: ["string", "null"] });
const numberOrNull = Type.Unsafe<number | null>({ type: ["number", "null"] });
const textMap = Type.Record(Type.String(), Type.String());
const op = wordOf("put", "remove");

/** Characters of a version's id in a request, generously: what is longer is none. */
export const VERSION_LENGTH_MAX = 100;

const nodeRef = { id: text, name: text };
const idFields = { ...nodeRef, network: text, addresses: Type.Array(text) };
const fileFields = {
  version: text,
  size: count,
  digest: text,
  contentType: textOrNull,
  stored: text,
  modified: textOrNull,
  mode: textOrNull,
  author: Type.Object(nodeRef),
  metadata: textMap,
};

export const nodeRefSchema: TUnsafe<NodeRef> = answer({ ...nodeRef });

export const idSchema: TUnsafe<IdAnswer> = answer(idFields);
export const removeSchema: TUnsafe<RemoveAnswer> = answer({ key: text, version: text });

export const listSchema: TUnsafe<ListAnswer> = answer({
  // Folders lack the fields of a file. One object and not a union of two: that would be matched for each line.
  items: Type.Array(Type.Object({ kind: wordOf("file", "folder"), key: text, ...optional(fileFields) })),
  next: textOrNull,
});

export const versionFields: Record<string, TSchema> = {
  key: text,
  version: text,
  op,
  state: wordOf("current", "conflict", "superseded", "quarantined", "unreadable", "purged"),
  stored: text,
  author: Type.Object(nodeRef),
  size: numberOrNull,
  digest: textOrNull,
  here: Type.Boolean(),
};
const purgeState = wordOf("destroyed", "pending", "away");

export const purgeSchema: TUnsafe<PurgeRecord> = answer({
  ...{ key: text, version: text, versions: count, oldVersions: count },
  members: Type.Array(Type.Object({ ...nodeRef, state: purgeState })),
});

export const versionsSchema: TUnsafe<VersionsAnswer> = answer({
  items: Type.Array(Type.Object(versionFields)),
  next: textOrNull,
});

export const whereisSchema: TUnsafe<WhereisAnswer> = answer({
  ...{ key: text, version: text, size: count, copies: count, wanted: count, min: count },
  members: Type.Array(
    Type.Object({
      ...{ ...nodeRef, state: wordOf("holds", "lacks", "full", "silent", "away", "excluded") },
      ...{ proof: wordOrNull("here", "connected", "receipt"), placed: Type.Boolean(), lastSeen: textOrNull },
    }),
  ),
});

export const conflictsSchema: TUnsafe<ConflictsAnswer> = answer({
  items: Type.Array(Type.Object({ key: text, versions: Type.Array(Type.Object(versionFields)) })),
  next: textOrNull,
});

const storeFields = {
  digest: text,
  size: count,
  copies: count,
  wanted: count,
  holders: Type.Array(Type.Object(nodeRef)),
  storedBytes: count,
};
export const storeSchema: TUnsafe<StoreAnswer> = answer({ key: text, version: text, ...storeFields });
// A removal lacks the fields of a file, as a folder in a listing.
export const restoreSchema: TUnsafe<RestoreAnswer> = answer({
  ...{ op, key: text, version: text },
  ...optional(storeFields),
});

export const countedSchema: TObject = Type.Object({ versions: count, bytes: count });
const counted = countedSchema;
const copyCounts = {
  ...{ all: counted, belowCopies: counted, belowMin: counted, single: counted, none: counted },
  mayLose: numberOrNull,
};
export const copyCountsSchema: TObject = Type.Object(copyCounts);

export const statusSchema: TUnsafe<StatusAnswer> = answer({
  ...idFields,
  role: text,
  version: text,
  started: text,
  members: count,
  connected: count,
  draining: Type.Array(Type.Object(nodeRef)),
  keys: count,
  conflicts: count,
  entries: count,
  blobs: count,
  blobBytes: count,
  diskUsedBytes: count,
  diskFreeBytes: count,
  catchingUp: count,
  noRoom: count,
  full: Type.Boolean(),
  safety: Type.Union([Type.Object({ checked: text, current: Type.Object(copyCounts) }), Type.Null()]),
  clock: Type.Object({
    historyPaused: wordOrNull("clock set", "clocks apart"),
    apart: Type.Array(Type.Object({ ...nodeRef, aheadMs: count })),
  }),
  scrub: Type.Object({
    periodMs: count,
    lastEnded: textOrNull,
    progress: Type.Union([Type.Object({ bytes: count, bytesTotal: count }), Type.Null()]),
    damagedFound: count,
    repaired: count,
    unrepaired: count,
    unrepairedFiles: Type.Array(Type.Object({ space: text, key: text })),
  }),
  repair: repairSchema,
  discovery: discoverySchema,
});

export const peersSchema: TUnsafe<{ readonly peers: readonly PeerRecord[] }> = answer({
  peers: Type.Array(
    Type.Object({
      ...nodeRef,
      role: text,
      connected: Type.Boolean(),
      incompatible: textOrNull,
      version: textOrNull,
      address: textOrNull,
      direction: textOrNull,
      punched: Type.Union([Type.Boolean(), Type.Null()]),
      since: textOrNull,
      foundBy: textOrNull,
      relay: Type.Union([Type.Object(nodeRef), Type.Null()]),
      roundTripMs: numberOrNull,
      bytesSent: numberOrNull,
      bytesReceived: numberOrNull,
      sentPerSecond: numberOrNull,
      receivedPerSecond: numberOrNull,
    }),
  ),
});

const textsOrNull = Type.Unsafe<readonly string[] | null>({
  type: ["array", "null"],
  items: { type: "string" },
});
const memberFields = {
  ...nodeRef,
  role: text,
  spaces: textsOrNull,
  self: Type.Boolean(),
  admitted: text,
  connected: Type.Boolean(),
  lastSeen: textOrNull,
  address: textOrNull,
  capacityBytes: Type.Union([Type.Integer(), Type.Null()]),
  zone: textOrNull,
  full: Type.Boolean(),
  draining: Type.Boolean(),
};
const inviteFields = {
  id: text,
  role: text,
  spaces: textsOrNull,
  expires: textOrNull,
  uses: count,
  usesLeft: count,
  created: text,
};
const spaceFields = { id: text, name: text, keys: count };

export const memberSchema: TUnsafe<MemberRecord> = answer(memberFields);
export const membersSchema: TUnsafe<{ readonly members: readonly MemberRecord[] }> = answer({
  members: Type.Array(Type.Object(memberFields)),
});
export const invitesSchema: TUnsafe<{ readonly invites: readonly InviteRecord[] }> = answer({
  invites: Type.Array(Type.Object(inviteFields)),
});
export const issuedInviteSchema: TUnsafe<IssuedInviteRecord> = answer({ ...inviteFields, ticket: text });
export const idOnlySchema: TUnsafe<{ readonly id: string }> = answer({ id: text });
export const spaceSchema: TUnsafe<SpaceRecord> = answer(spaceFields);
export const spacesSchema: TUnsafe<{ readonly spaces: readonly SpaceRecord[] }> = answer({
  spaces: Type.Array(Type.Object(spaceFields)),
});

export const errorFields: Record<string, TSchema> = {
  code: text,
  message: text,
  retryable: Type.Boolean(),
  fields: Type.Record(Type.String(), Type.Unsafe<string | number>({ type: ["string", "number"] })),
};
export const failureSchema: TUnsafe<{ readonly error: ErrorRecord | null }> = answer({
  error: Type.Union([Type.Object(errorFields), Type.Null()]),
});

export const pingSchema: TUnsafe<PingRecord> = answer({
  ...{ ...nodeRef, roundTripMs: Type.Number(), address: text },
});
export const bootstrapSchema: TUnsafe<{ readonly bootstrap: readonly BootstrapRecord[] }> = answer({
  bootstrap: Type.Array(
    Type.Object({ address: text, connectedTo: Type.Union([Type.Object(nodeRef), Type.Null()]) }),
  ),
});

export const uploadSchema: TUnsafe<UploadRecord> = answer({
  ...{ id: text, space: text, key: text, length: count, offset: count, expires: text, version: textOrNull },
});

function answer<T>(fields: Record<string, TSchema>): TUnsafe<T> {
  return Type.Unsafe<T>(Type.Object(fields));
}

/** One of these words. Written as any text is: a union would be matched for each. */
function wordOf<const T extends string>(...words: T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: "string", enum: words });
}

function wordOrNull<const T extends string>(...words: T[]): TUnsafe<T | null> {
  return Type.Unsafe<T | null>({ type: ["string", "null"], enum: [...words, null] });
}

function optional(fields: Record<string, TSchema>): Record<string, TSchema> {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, Type.Optional(schema)]));
}
