import { type TObject, type TSchema, Type } from "typebox";
import { policyFields } from "../policy-schemas.ts";
import { copyCountsSchema, countedSchema, errorFields } from "../schemas.ts";

/** The lines of the answers that tell how far a long job is, one JSON object each (docs/spec/http.md). */

const text = Type.String();
const count = Type.Integer();
const flag = Type.Boolean();
const textOrNull = Type.Unsafe<string | null>({ type: ["string", "null"] });
const countOrNull = Type.Unsafe<number | null>({ type: ["integer", "null"] });
const node = { id: text, name: text };
const nodes = Type.Array(Type.Object(node));
const place = Type.Object({ space: text, key: text });

function word<const T extends string>(...words: T[]): TSchema {
  return Type.Unsafe<T>({ type: "string", enum: words });
}

const line = (type: string, fields: Record<string, TSchema>): TObject =>
  Type.Object({ type: Type.Literal(type), ...fields });

/** Progress and what is told on the way; then the report or an error. */
function job(
  progress: Record<string, TSchema>,
  report: Record<string, TSchema>,
  ...told: TObject[]
): TSchema {
  return Type.Union([
    line("progress", progress),
    ...told,
    line("report", report),
    line("error", errorFields),
  ]);
}

const walk = { keys: count, keysTotal: countOrNull };
const shortVersion = {
  ...{ version: text, space: textOrNull, key: textOrNull, current: flag, bytes: count },
  ...{ copies: count, wanted: count, min: count, holders: nodes },
};
const worst = Type.Array(Type.Object(shortVersion));
const versionCounts = { files: count, older: count, removals: count, bytes: count };
const blobCount = Type.Object({ blobs: count, bytes: count });
const pin = Type.Object({ space: textOrNull, prefix: textOrNull, key: flag });
const folder = {
  ...{ prefix: text, files: count, bytes: count, storedBytes: count, olderVersions: count },
  olderBytes: count,
};
const planned = Type.Object({ before: copyCountsSchema, after: copyCountsSchema, lost: countedSchema });

export const gcLine: TSchema = job(
  { step: word("marking", "sweeping"), done: count, total: count },
  {
    ...{ dryRun: flag, expired: count },
    historyPaused: Type.Unsafe({ type: ["string", "null"], enum: ["clock set", "clocks apart", null] }),
    ...{ entries: count, blobs: count, bytes: count, leased: count },
    unreadable: Type.Array(Type.Object({ version: textOrNull, code: text })),
  },
);

export const verifyLine: TSchema = job(
  { blobs: count, bytes: count },
  {
    ...{ blobs: count, bytes: count, damaged: Type.Array(Type.Object({ digest: text, reason: text })) },
    ...{ damagedEntries: Type.Array(text), damagedRecords: count },
    damagedSpans: Type.Array(Type.Object({ path: text, offset: count, bytes: count })),
    files: Type.Array(Type.Object({ space: text, key: text, version: text, repaired: flag })),
    moreFiles: flag,
    repair: Type.Union([
      Type.Object({
        ...{ blobs: count, entries: count, records: count },
        ...{ unrepairedBlobs: Type.Array(text), unrepairedEntries: Type.Array(text) },
      }),
      Type.Null(),
    ]),
  },
);

export const safeLine: TSchema = job(
  walk,
  {
    ...{ checked: text, current: copyCountsSchema, older: copyCountsSchema },
    members: Type.Array(
      Type.Object({
        ...{ ...node, state: word("lacks", "full", "silent", "away") },
        ...{ lastSeen: textOrNull, lacking: countedSchema },
      }),
    ),
    ...{ worst, unasked: count },
  },
  line("short", shortVersion),
);

export const planLine: TSchema = job(walk, {
  ...{ checked: text, without: nodes, current: planned, older: planned },
  members: Type.Array(Type.Object({ ...node, fetching: countedSchema })),
  ...{ fewerWanted: countedSchema, worst, unasked: count },
});

export const drainLine: TSchema = job(
  { versions: count, versionsTotal: count, bytes: count },
  {
    ...{ ...node, held: countedSchema, handedOver: countedSchema, short: countedSchema },
    shortKeys: Type.Array(place),
  },
);

export const leaveLine: TSchema = Type.Union([
  line("progress", { stage: Type.Literal("checking"), versions: count, versionsTotal: count }),
  line("progress", {
    ...{ stage: Type.Literal("handing over"), versions: count, versionsTotal: count },
    ...{ bytes: count, bytesTotal: count },
  }),
  line("report", {
    ...{ ...node, handedOver: Type.Object(versionCounts) },
    onlyHere: Type.Object({ ...versionCounts, keys: Type.Array(place) }),
    kept: Type.Object(versionCounts),
  }),
  line("error", errorFields),
]);

export const pinLine: TSchema = job(walk, {
  ...{ pin, all: countedSchema, fetched: countedSchema, missing: countedSchema },
  missingKeys: Type.Array(text),
});

export const dropLine: TSchema = job(walk, {
  ...{ unpinned: Type.Array(pin), dropped: countedSchema, placed: countedSchema },
  ...{ pinned: countedSchema, needed: countedSchema },
});

export const policyLine: TSchema = job(
  { keys: count, reclassified: count },
  {
    ...{ keys: count, reclassified: count, policy: Type.Object(policyFields), left: count },
    notes: Type.Array(text),
  },
);

export const usageLine: TSchema = job(
  { done: count, total: count },
  {
    ...{ checked: text, stored: blobCount, garbage: blobCount, entries: count },
    disk: Type.Object({ usedBytes: count, indexBytes: count, freeBytes: count }),
    spaces: Type.Array(
      Type.Object({ id: text, name: textOrNull, live: countedSchema, history: countedSchema }),
    ),
    members: Type.Array(Type.Object({ ...node, capacityBytes: countOrNull })),
  },
);

export const folderUsageLine: TSchema = job(walk, folder, line("folder", folder));
