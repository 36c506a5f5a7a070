import { createDigestStream } from "@gstore/core";

/** What an event is about, by which a failing run's trace is cut down to what matters. */
export interface Subjects {
  readonly nodes?: readonly string[];
  readonly key?: string;
}

interface TracedEvent extends Subjects {
  readonly atMs: number;
  readonly text: string;
}

/** Lines of a failing run's trace, and characters of each of them but the last: they fit a screen. */
export const TRACE_LINES_MAX = 40;
const LINE_CHARACTERS_MAX = 160;

/** What happened, in words. All of it goes into the digest, by which two runs are compared. */
export class Trace {
  readonly #events: TracedEvent[] = [];
  readonly #digest = createDigestStream();
  readonly #now: () => number;
  /** Called with each line as it comes. */
  onLine: ((line: string) => void) | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  note(text: string, subjects: Subjects = {}): void {
    const event = { atMs: this.#now(), text, ...subjects };
    this.#events.push(event);
    this.#digest.update(Buffer.from(lineOf(event)));
    this.onLine?.(lineOf(event));
  }

  /** The digest of all lines. To be called once, at the end. */
  digest(): string {
    return this.#digest.digest();
  }

  /** The last lines about these subjects; what is about no key (faults, members) counts for every key. */
  about({ nodes = [], key }: Subjects): string[] {
    const isRelevant = (event: TracedEvent): boolean => {
      if (event.key !== undefined && key !== undefined) return event.key === key;
      if (event.nodes === undefined || nodes.length === 0) return true;
      return event.nodes.some((node) => nodes.includes(node));
    };
    const lines = this.#events.filter(isRelevant).slice(-TRACE_LINES_MAX).map(lineOf);
    return lines.map((line, index) => (index === lines.length - 1 ? line : cut(line)));
  }
}

function cut(line: string): string {
  return line.length > LINE_CHARACTERS_MAX ? `${line.slice(0, LINE_CHARACTERS_MAX - 1)}…` : line;
}

function lineOf({ atMs, text, nodes, key }: TracedEvent): string {
  const who = nodes === undefined ? "" : ` ${nodes.join(",")}`;
  const what = key === undefined ? "" : ` ${key}`;
  return `${(atMs / 1000).toFixed(3).padStart(9)}s${who}${what}: ${text}`;
}
