import type { CborValue } from "../cbor.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import { ID_BYTES, type PeerId, peerIdOfPublicKey, spaceIdFromBytes } from "../ids.ts";
import {
  POLICY_CLASS_MAX,
  POLICY_COPIES_MAX,
  POLICY_PREFIX_CLASS_MIN,
  POLICY_PREFIX_SEALED_BYTES_MAX,
} from "../limits.ts";
import type { Policy, PolicyRules } from "./membership-operation.ts";
import { operationFields } from "./operation-fields.ts";

/** Decodes a policy strictly, docs/spec/membership.md. */
export function decodePolicy(value: CborValue): Policy {
  const fields = operationFields(value, "A policy", 5);
  const space = spaceIdFromBytes(fields.bytes("space", ID_BYTES.space));
  const policyClass = fields.integer("class", { max: POLICY_CLASS_MAX });
  const rules = decodeRules(fields.any());
  const sealedPrefix = fields.bytesOrNull("prefix", { min: 1, max: POLICY_PREFIX_SEALED_BYTES_MAX });
  const isDefault = policyClass === 0;
  if ((!isDefault && policyClass < POLICY_PREFIX_CLASS_MIN) || (sealedPrefix === null) !== isDefault)
    throw new GstoreError("INVALID_FORMAT", "A policy has a class that is none for what it is about.");
  return { op: "policy", space, policyClass, rules, sealedPrefix };
}

function decodeRules(value: CborValue): PolicyRules | null {
  if (value === null) return null;
  const fields = new FieldReader(value, "A policy's rules", 5);
  const copies = fields.integer("copies", { min: 1, max: POLICY_COPIES_MAX });
  return {
    copies,
    min: fields.integer("min", { min: 1, max: copies }),
    zones: fields.integer("zones", { min: 1, max: copies }),
    required: decodeRequired(fields.array("required", { max: copies })),
    historyMs: fields.integerOrNull("history"),
  };
}

function decodeRequired(values: readonly CborValue[]): PeerId[] {
  const keys = values.map((value) => {
    if (value instanceof Uint8Array && value.length === ID_BYTES.publicKey) return Buffer.from(value);
    throw new GstoreError("INVALID_FORMAT", "A policy requires something that is no member.");
  });
  if (keys.some((key, index) => index > 0 && Buffer.compare(keys[index - 1] as Buffer, key) >= 0))
    throw new GstoreError(
      "INVALID_FORMAT",
      "A policy's required members are not sorted, or one stands twice.",
    );
  return keys.map(peerIdOfPublicKey);
}
