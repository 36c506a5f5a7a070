import { type TSchema, type TUnsafe, Type } from "typebox";
import type { ExplainAnswer, PolicyRecord } from "./policy-wire-types.ts";

const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const count = Type.Integer();
const countOrNull = Type.Union([count, Type.Null()]);
const nodeRef = { id: text, name: text };

export const policyFields: Record<string, TSchema> = {
  ...{ space: text, prefix: textOrNull, class: count, set: Type.Boolean(), copies: count, min: count },
  ...{ zones: count, required: Type.Array(Type.Object(nodeRef)), historyMs: count },
};

export const policiesSchema: TUnsafe<{ readonly policies: readonly PolicyRecord[] }> = Type.Unsafe(
  Type.Object({ policies: Type.Array(Type.Object(policyFields)) }),
);

export const explainSchema: TUnsafe<ExplainAnswer> = Type.Unsafe(
  Type.Object({
    ...{
      key: text,
      version: text,
      by: Type.Unsafe({ type: "string", enum: ["copies", "policy", "default"] }),
    },
    ...{ policy: Type.Object(policyFields) },
    nodes: Type.Array(
      Type.Object({
        ...{ ...nodeRef, shouldHold: Type.Boolean(), required: Type.Boolean() },
        ...{ capacityBytes: countOrNull, zone: textOrNull, full: Type.Boolean() },
      }),
    ),
  }),
);
