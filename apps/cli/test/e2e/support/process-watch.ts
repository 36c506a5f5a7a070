import { readFileSync } from "node:fs";
import { setInterval } from "node:timers";

const POLL_MS = 25;

/** Ticks of processor time in a second, as Linux tells them to programs on every machine. */
const TICKS_PER_SECOND = 100;

/** What a process had and used while it was watched. */
export interface Use {
  /** Anonymous memory (RssAnon) at most, in MiB. */
  readonly mib: number;
  /** Processor time, all cores together. */
  readonly cpuSeconds: number;
}

/** Looks again and again at processes' memory, and remembers the most each had. */
export class ProcessWatch {
  readonly #most = new Map<string, number>();
  readonly #firstTicks = new Map<string, number>();
  readonly #lastTicks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** `pids` by the names under which {@link stop} tells about them. */
  constructor(pids: Readonly<Record<string, number>>) {
    const look = (): void => {
      for (const [name, pid] of Object.entries(pids)) {
        const bytes = rssAnonOf(pid);
        const ticks = ticksOf(pid);
        if (bytes === undefined || ticks === undefined) continue;
        this.#most.set(name, Math.max(bytes, this.#most.get(name) ?? 0));
        if (!this.#firstTicks.has(name)) this.#firstTicks.set(name, ticks);
        this.#lastTicks.set(name, ticks);
      }
    };
    look();
    this.#timer = setInterval(look, POLL_MS);
  }

  /** Ends the watch. */
  stop(): Record<string, Use> {
    clearInterval(this.#timer);
    return Object.fromEntries(
      [...this.#most].map(([name, bytes]) => {
        const ticks = (this.#lastTicks.get(name) ?? 0) - (this.#firstTicks.get(name) ?? 0);
        return [name, { mib: Math.round(bytes / 2 ** 20), cpuSeconds: ticks / TICKS_PER_SECOND }];
      }),
    );
  }
}

/** Bytes; undefined where the process is gone. */
function rssAnonOf(pid: number): number | undefined {
  try {
    const kib = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

/** Processor time so far; undefined where the process is gone. */
function ticksOf(pid: number): number | undefined {
  try {
    const [, rest = ""] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
    const USER_TIME = 11;
    const fields = rest.split(" ");
    return Number(fields[USER_TIME]) + Number(fields[USER_TIME + 1]);
  } catch {
    return undefined;
  }
}
