import { type TSchema, Type } from "typebox";
import { explainSchema, policiesSchema, policyFields } from "../policy-schemas.ts";
import { recentSchema } from "../recent-schema.ts";
import {
  bootstrapSchema,
  conflictsSchema,
  copyCountsSchema,
  countedSchema,
  errorFields,
  idSchema,
  invitesSchema,
  issuedInviteSchema,
  listSchema,
  memberSchema,
  membersSchema,
  nodeRefSchema,
  peersSchema,
  pingSchema,
  purgeSchema,
  removeSchema,
  restoreSchema,
  spaceSchema,
  statusSchema,
  storeSchema,
  uploadSchema,
  versionsSchema,
  whereisSchema,
} from "../schemas.ts";
import {
  drainLine,
  dropLine,
  folderUsageLine,
  gcLine,
  leaveLine,
  pinLine,
  planLine,
  policyLine,
  safeLine,
  usageLine,
  verifyLine,
} from "./job-lines.ts";

export type JsonSchema = Record<string, unknown>;

const text = Type.String();
const change = Type.Object({
  ...{ space: text, key: text, version: text },
  op: Type.Unsafe({ type: "string", enum: ["put", "remove"] }),
  author: text,
});

/** Schemas that have a name of their own. Larger ones first: what they hold is then named in them too. */
const NAMED: Readonly<Record<string, TSchema>> = {
  Error: Type.Object(errorFields),
  NodeRef: nodeRefSchema,
  Counted: countedSchema,
  CopyCounts: copyCountsSchema,
  Listing: listSchema,
  Versions: versionsSchema,
  Conflicts: conflictsSchema,
  Recent: recentSchema,
  Stored: storeSchema,
  Restored: restoreSchema,
  Removed: removeSchema,
  Upload: uploadSchema,
  Purged: purgeSchema,
  Copies: whereisSchema,
  Placement: explainSchema,
  Policy: Type.Object(policyFields),
  Policies: policiesSchema,
  Identity: idSchema,
  Status: statusSchema,
  Peers: peersSchema,
  Pong: pingSchema,
  Bootstrap: bootstrapSchema,
  Member: memberSchema,
  Members: membersSchema,
  Invites: invitesSchema,
  IssuedInvite: issuedInviteSchema,
  Space: spaceSchema,
  Change: change,
  GcLine: gcLine,
  VerifyLine: verifyLine,
  SafeLine: safeLine,
  PlanLine: planLine,
  DrainLine: drainLine,
  LeaveLine: leaveLine,
  PinLine: pinLine,
  DropLine: dropLine,
  PolicyLine: policyLine,
  UsageLine: usageLine,
  FolderUsageLine: folderUsageLine,
};

const NAMES = new Map(Object.entries(NAMED).map(([name, schema]) => [JSON.stringify(schema), name]));

/** The schema with each part that has a name replaced by a reference to it. */
export function withReferences(schema: unknown): unknown {
  const name = NAMES.get(JSON.stringify(schema));
  return name === undefined ? partsNamed(schema) : { $ref: `#/components/schemas/${name}` };
}

function partsNamed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withReferences);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withReferences(value)]));
}

export const COMPONENTS: Readonly<Record<string, unknown>> = Object.fromEntries(
  Object.entries(NAMED).map(([name, schema]) => [name, partsNamed(JSON.parse(JSON.stringify(schema)))]),
);
