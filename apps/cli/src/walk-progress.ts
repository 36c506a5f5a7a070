import type { Output } from "./output.ts";
import { type Progress, startProgress } from "./progress.ts";

/** A bar over the keys that are looked at; how many there are shows with the first of them. */
export class WalkProgress {
  readonly #output: Output;
  readonly #label: string;
  #bar: Progress | null = null;
  #shown = 0;

  constructor(output: Output, label: string) {
    this.#output = output;
    this.#label = label;
  }

  show({ keys, keysTotal }: { readonly keys: number; readonly keysTotal: number | null }): void {
    this.#bar ??= startProgress(this.#output, { label: this.#label, total: keysTotal, format: String });
    this.#bar.add(keys - this.#shown);
    this.#shown = keys;
  }

  end(): void {
    this.#bar?.end();
    this.#bar = null;
  }
}

/** The report at the end of a job, without the word that marks it as that. */
export function reportOf<Report>(event: Report & { readonly type: string }): Omit<Report, "type"> {
  const { type: _, ...report } = event;
  return report;
}
