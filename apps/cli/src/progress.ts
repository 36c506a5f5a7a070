import { formatBytes } from "./byte-size.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";
import { formatSpan } from "./time-span.ts";

/** Work that is over sooner (ms) shows no bar. */
const DELAY_MS = 600;
const REDRAW_MS = 100;
/** The rate shown is that of the last so many milliseconds. */
const RATE_WINDOW_MS = 5000;
const BAR_WIDTH = 20;
/** Columns of all that stands beside the label, at its widest. */
const REST_WIDTH = 68;
const LABEL_WIDTH_MIN = 10;

/** How far a transfer is. */
export interface Progress {
  /** More bytes have been moved. */
  add(bytes: number): void;
  /** Shows another text in front of the bar. */
  label(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

export interface ProgressOptions {
  readonly label: string;
  /** Bytes in all; null where nobody knows. */
  readonly total: number | null;
  /** What goes on when all bytes are through, such as waiting for others. */
  readonly afterwards?: string;
  /** How amounts are written, where it is not bytes that are counted. */
  readonly format?: (amount: number) => string;
}

/** A bar with rate and time left on a terminal, for work that lasts; nothing anywhere else. */
export function startProgress(output: Output, options: ProgressOptions): Progress {
  if (!output.isTerminal) return { add: () => {}, label: () => {}, end: () => {} };
  const rate = new RateMeter();
  let label = options.label;
  let bytes = 0;
  let isEnded = false;
  let bar: { update: (value: number, payload: object) => void; stop: () => void } | undefined;
  const payload = (): object => describe({ ...options, label, bytes, rate: rate.perSecond() });
  const redraw = setInterval(() => bar?.update(bytes, payload()), REDRAW_MS).unref();
  const stop = (): void => bar?.stop();
  const delay = setTimeout(async () => {
    const { default: cliProgress } = await import("cli-progress");
    if (isEnded) return;
    const format =
      options.total === null ? "{label} {amount} {rate}" : "{label} {bar} {amount} {rate} {left}";
    const shown = new cliProgress.SingleBar(
      {
        format,
        barsize: BAR_WIDTH,
        clearOnComplete: true,
        hideCursor: false,
        // The command ends the bar itself, at Ctrl-C too.
        gracefulExit: false,
        stream: process.stderr,
        fps: 1000 / REDRAW_MS,
      },
      cliProgress.Presets.shades_classic,
    );
    shown.start(Math.max(1, options.total ?? 1), bytes, payload());
    bar = shown;
    process.once("exit", stop);
  }, DELAY_MS).unref();
  return {
    add: (count) => {
      bytes += count;
      rate.add(count);
    },
    label: (text) => {
      label = text;
    },
    end: () => {
      isEnded = true;
      clearTimeout(delay);
      clearInterval(redraw);
      process.off("exit", stop);
      stop();
    },
  };
}

function describe(state: ProgressOptions & { readonly bytes: number; readonly rate: number }): object {
  const { label, bytes, total, rate, afterwards = "", format = formatBytes } = state;
  const amount = total === null ? format(bytes) : `${format(bytes)} of ${format(total)}`;
  const isThrough = total !== null && bytes >= total;
  const left = isThrough
    ? afterwards
    : total === null || rate === 0
      ? ""
      : `${formatSpan(((total - bytes) / rate) * 1000)} left`;
  const name = printable(label);
  const width = Math.max(LABEL_WIDTH_MIN, (process.stderr.columns ?? 80) - REST_WIDTH);
  const short = name.length > width ? `${name.slice(0, width - 1)}…` : name;
  return { label: short, amount, rate: `${format(Math.round(rate))}/s`, left };
}

/** Bytes a second over the last moments, so that a stall shows. */
class RateMeter {
  #samples: { readonly ms: number; bytes: number }[] = [{ ms: performance.now(), bytes: 0 }];

  add(bytes: number): void {
    const now = performance.now();
    const last = this.#samples.at(-1);
    if (last !== undefined && now - last.ms < REDRAW_MS) last.bytes += bytes;
    else this.#samples.push({ ms: now, bytes });
  }

  perSecond(): number {
    const now = performance.now();
    const [first] = this.#samples;
    this.#samples = this.#samples.filter(({ ms }) => now - ms < RATE_WINDOW_MS);
    const bytes = this.#samples.reduce((sum, sample) => sum + sample.bytes, 0);
    const elapsedMs = Math.min(RATE_WINDOW_MS, now - (first?.ms ?? now));
    return elapsedMs <= 0 ? 0 : (bytes / elapsedMs) * 1000;
  }
}
