import { type TUnsafe, Type } from "typebox";
import type { RepairRecord } from "./repair-wire-types.ts";

const text = Type.String();
const count = Type.Integer();
const textOrNull = Type.Unsafe<string | null>({ type: ["string", "null"] });
const reason = Type.Unsafe<string>({ type: "string", enum: ["missing", "wrong"] });

const schema = Type.Object({
  ...{ lastWalk: textOrNull, walking: Type.Boolean(), short: count, belowMin: count, queued: count },
  ...{ running: count, copiesMade: count, bytesGiven: count, failed: count, surplusDropped: count },
  audits: Type.Object({
    ...{ proved: count, failed: count, unanswered: count, last: textOrNull },
    failures: Type.Array(Type.Object({ id: text, name: text, version: text, reason, at: text })),
  }),
});

export const repairSchema: TUnsafe<RepairRecord> = Type.Unsafe<RepairRecord>(schema);
