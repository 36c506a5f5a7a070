/**
 * What a program needs that only talks to a node: errors and names. A door of its own, because whoever comes in by the
 * other one also loads the formats, their codec and the native hash, and `gstore ls` would wait for that at every start.
 */
export {
  abortedError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorFields,
  GstoreError,
  isGstoreError,
  throwIfAborted,
} from "./errors.ts";
export { parseKeyName, parseKeyPrefix, quoteName } from "./key-name.ts";
export { KEY_BYTES_MAX } from "./limits.ts";
