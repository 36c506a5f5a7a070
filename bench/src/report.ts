import { cpus, release, totalmem } from "node:os";
import type { ProcessUse } from "./node/process-meter.ts";

/** What the machine allows for the same work, measured in the same run. */
export interface Limit {
  readonly name: string;
  /** In the unit of the figure beside it. */
  readonly value: number;
}

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit?: Limit | undefined;
  /** Per node process: its name and what it used meanwhile. */
  readonly processes?: Readonly<Record<string, ProcessUse>>;
}

const NAME_COLUMNS = 46;

/** Prints each figure as it is known: a table for people, or a line of JSON each. */
export class Report {
  readonly #isJson: boolean;
  #bench = "";

  constructor(options: { readonly json: boolean }) {
    this.#isJson = options.json;
    const machine = {
      cpu: `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown"}`,
      memoryMiB: Math.round(totalmem() / 2 ** 20),
      kernel: release(),
      node: process.version,
    };
    if (this.#isJson) this.#line({ machine });
    else
      console.log(`${machine.cpu}, ${machine.memoryMiB} MiB, Linux ${machine.kernel}, Node ${machine.node}`);
  }

  begin(name: string, about: string): void {
    this.#bench = name;
    if (!this.#isJson) console.log(`\n${name}: ${about}`);
  }

  figure(figure: Figure): void {
    const { name, value, unit, limit, processes } = figure;
    const ratio = limit === undefined ? undefined : value / limit.value;
    if (this.#isJson) {
      this.#line({
        bench: this.#bench,
        name,
        value,
        unit,
        ...(limit && { limit, ratio }),
        ...(processes && { processes }),
      });
      return;
    }
    const beside =
      limit === undefined ? "" : `${rounded(ratio ?? 0)} of ${limit.name} (${rounded(limit.value)} ${unit})`;
    console.log(
      `  ${name.padEnd(NAME_COLUMNS)} ${rounded(value).padStart(9)} ${unit.padEnd(6)} ${beside}`.trimEnd(),
    );
    for (const [process, use] of Object.entries(processes ?? {}))
      console.log(`      ${process}: ${describeUse(use)}`);
  }

  note(text: string): void {
    if (this.#isJson) this.#line({ bench: this.#bench, note: text });
    else console.log(`  ${text}`);
  }

  #line(value: object): void {
    console.log(JSON.stringify(value));
  }
}

function describeUse({ cpuSeconds, rssAnonPeakMiB, rssPeakMiB }: ProcessUse): string {
  return `${cpuSeconds.toFixed(2)} CPU s, RssAnon peak ${rssAnonPeakMiB} MiB, RSS peak ${rssPeakMiB} MiB`;
}

/** Three figures that count. */
function rounded(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}
