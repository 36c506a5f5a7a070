import { readFileSync } from "node:fs";
import { setInterval } from "node:timers";

const POLL_MS = 25;

/** Looks again and again at the anonymous memory (RssAnon) of processes, and remembers the most each had. */
export class MemoryWatch {
  readonly #most = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** `pids` by the names under which {@link stop} tells about them. */
  constructor(pids: Readonly<Record<string, number>>) {
    const look = (): void => {
      for (const [name, pid] of Object.entries(pids)) {
        const bytes = rssAnonOf(pid);
        if (bytes !== undefined) this.#most.set(name, Math.max(bytes, this.#most.get(name) ?? 0));
      }
    };
    look();
    this.#timer = setInterval(look, POLL_MS);
  }

  /** Ends the watch and gives the most that each process had, in MiB. */
  stop(): Record<string, number> {
    clearInterval(this.#timer);
    return Object.fromEntries([...this.#most].map(([name, bytes]) => [name, Math.round(bytes / 2 ** 20)]));
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
