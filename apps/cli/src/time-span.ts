/** A span of time for people, in its two largest units: `7s`, `1m 20s`, `3d 4h`. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return "0s";
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count}${unit}`).join(" ");
}

const AGO_UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
];

/** How long ago something was, for people, in its largest unit: `3 min ago`. */
export function formatAgo(ms: number): string {
  for (const [unitMs, unit] of AGO_UNITS) if (ms >= unitMs) return `${Math.floor(ms / unitMs)} ${unit} ago`;
  return "just now";
}
