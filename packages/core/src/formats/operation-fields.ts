import type { CborValue } from "../cbor.ts";
import { FieldReader } from "../field-reader.ts";

/** The fields of an operation of the membership log, its number passed over. */
export function operationFields(value: CborValue, what: string, length: number): FieldReader {
  const fields = new FieldReader(value, what, length);
  fields.integer("op");
  return fields;
}
