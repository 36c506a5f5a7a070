import { formatBytes } from "./byte-size.ts";
import type { Output } from "./output.ts";
import { printable } from "./printable.ts";
import { formatSpan } from "./time-span.ts";

/** Work that is over sooner (ms) shows no bar. */
const DELAY_MS = 600;
const REDRAW_MS = 100;
/** The rate shown is that of the last so many milliseconds. */
const RATE_WINDOW_MS = 5000;
const LABEL_WIDTH_MAX = 30;

/** How far a transfer is. */
export interface Progress {
  /** More bytes have been moved. */
  add(bytes: number): void;
  /** Shows another text in front of the bar. */
  label(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

/** A bar with rate and time left on a terminal, for work that lasts; nothing anywhere else. `total` null: unknown. */
export function startProgress(output: Output, options: { label: string; total: number | null }): Progress {
  if (!output.isTerminal) return { add: () => {}, label: () => {}, end: () => {} };
  const rate = new RateMeter();
  let label = options.label;
  let bytes = 0;
  let isEnded = false;
  let bar: { update: (value: number, payload: object) => void; stop: () => void } | undefined;
  const payload = (): object => describe({ label, bytes, total: options.total, rate: rate.perSecond() });
  const redraw = setInterval(() => bar?.update(bytes, payload()), REDRAW_MS).unref();
  const delay = setTimeout(async () => {
    const { default: cliProgress } = await import("cli-progress");
    if (isEnded) return;
    const format =
      options.total === null ? "{label} {amount} {rate}" : "{label} {bar} {amount} {rate} {left}";
    const shown = new cliProgress.SingleBar(
      {
        format,
        barsize: 24,
        clearOnComplete: true,
        hideCursor: false,
        stream: process.stderr,
        fps: 1000 / REDRAW_MS,
      },
      cliProgress.Presets.shades_classic,
    );
    shown.start(Math.max(1, options.total ?? 1), bytes, payload());
    bar = shown;
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
      bar?.stop();
    },
  };
}

function describe(state: { label: string; bytes: number; total: number | null; rate: number }): object {
  const { label, bytes, total, rate } = state;
  const amount = total === null ? formatBytes(bytes) : `${formatBytes(bytes)} of ${formatBytes(total)}`;
  const left = total === null || rate === 0 ? "" : `${formatSpan(((total - bytes) / rate) * 1000)} left`;
  const name = printable(label);
  const short = name.length > LABEL_WIDTH_MAX ? `${name.slice(0, LABEL_WIDTH_MAX - 1)}…` : name;
  return { label: short, amount, rate: `${formatBytes(Math.round(rate))}/s`, left };
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
