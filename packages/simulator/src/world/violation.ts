import type { Subjects } from "./trace.ts";

/** Something that must never be was. */
export interface Violation extends Subjects {
  /** Which rule was broken, in the words of the checks' table in the README. */
  readonly rule: string;
  readonly detail: string;
}
