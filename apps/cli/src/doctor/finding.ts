/** What a check has found. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string;
  /** A warning is worth knowing; only a problem makes the command fail. */
  readonly state: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do about it; null where there is nothing to do. */
  readonly advice: string | null;
}

export const ok = (check: string, message: string): Finding => ({
  check,
  state: "ok",
  message,
  advice: null,
});

export const warning = (check: string, message: string, advice: string): Finding => ({
  check,
  state: "warning",
  message,
  advice,
});

export const problem = (check: string, message: string, advice: string): Finding => ({
  check,
  state: "problem",
  message,
  advice,
});
