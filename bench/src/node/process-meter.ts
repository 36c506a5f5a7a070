import { readFileSync } from "node:fs";

const SAMPLE_MS = 25;
const TICKS_PER_SECOND = 100;

/** What a process used between two moments. */
export interface ProcessUse {
  readonly cpuSeconds: number;
  /** Anonymous memory: what the process itself asked for, without pages of files that it maps. */
  readonly rssAnonPeakMiB: number;
  readonly rssPeakMiB: number;
}

/** Watches processes, all their threads included; Linux only. */
export class ProcessMeter {
  readonly #pids: ReadonlyMap<string, number>;
  readonly #peaks = new Map<string, { anon: number; rss: number }>();
  readonly #cpuAtBegin = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** Begins to watch processes, each under its name. */
  constructor(pids: ReadonlyMap<string, number>) {
    this.#pids = pids;
    for (const [name, pid] of pids) this.#cpuAtBegin.set(name, cpuSeconds(pid));
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  end(): Record<string, ProcessUse> {
    clearInterval(this.#timer);
    this.#sample();
    const uses = [...this.#pids].map(([name, pid]): [string, ProcessUse] => {
      const { anon = 0, rss = 0 } = this.#peaks.get(name) ?? {};
      const used = cpuSeconds(pid) - (this.#cpuAtBegin.get(name) ?? 0);
      return [name, { cpuSeconds: used, rssAnonPeakMiB: Math.round(anon), rssPeakMiB: Math.round(rss) }];
    });
    return Object.fromEntries(uses);
  }

  #sample(): void {
    for (const [name, pid] of this.#pids) {
      const status = readOrEmpty(`/proc/${pid}/status`);
      const mebibytes = (field: string): number =>
        Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
      const { anon = 0, rss = 0 } = this.#peaks.get(name) ?? {};
      this.#peaks.set(name, {
        anon: Math.max(anon, mebibytes("RssAnon")),
        rss: Math.max(rss, mebibytes("VmRSS")),
      });
    }
  }
}

function cpuSeconds(pid: number): number {
  // The name, in parentheses, may hold anything; the fields after it are counted from the third.
  const fields = readOrEmpty(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
