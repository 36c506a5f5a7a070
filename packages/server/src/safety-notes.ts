import type { SafetySummary } from "./copies-api.ts";

/** What was found when all versions were last looked at, with the time of that: nobody has to walk them to ask how it stands. */
export class SafetyNotes {
  #last: SafetySummary | null = null;

  note(summary: SafetySummary): void {
    this.#last = summary;
  }

  /** Null where nobody has looked since this node was started. */
  get last(): SafetySummary | null {
    return this.#last;
  }
}
