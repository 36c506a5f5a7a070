const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Bytes for people, as the command line prints them: powers of 1000, one digit behind the point. */
export function formatBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 999.95 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

export function formatRate(bytesPerSecond: number | null): string {
  return `${formatBytes(Math.round(bytesPerSecond ?? 0))}/s`;
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** The whole of a time, for a title. */
export function formatTime(time: string): string {
  return full.format(new Date(time));
}

/** Today's by the clock, others by the day. */
export function formatDay(time: string, nowMs: number = Date.now()): string {
  const date = new Date(time);
  return date.toDateString() === new Date(nowMs).toDateString() ? clock.format(date) : short.format(date);
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** How long ago, or how soon. */
export function formatAgo(time: string, nowMs: number = Date.now()): string {
  const seconds = Math.round((new Date(time).getTime() - nowMs) / 1000);
  const [unit, length] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? [undefined, 1];
  if (unit === undefined) return Math.abs(seconds) < 10 ? "just now" : relative.format(seconds, "second");
  return relative.format(Math.round(seconds / length), unit);
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** What follows the last slash of a key, or of a folder's. */
export function nameOf(key: string): string {
  return key.replace(/\/$/, "").split("/").at(-1) ?? key;
}
