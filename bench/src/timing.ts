/** Milliseconds that some work takes. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Of a few runs the fastest: a busy moment of the machine is not what is asked for. */
export async function fastest(runs: number, work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) best = Math.min(best, await timed(work));
  return best;
}

/** 10^6 bytes a second. */
export function megabytesPerSecond(bytes: number, milliseconds: number): number {
  return bytes / 1000 / milliseconds;
}

/** Calls in five rounds of about 100 ms, after a warm-up; microseconds a call in the fastest of them. */
export function microsecondsEach(call: () => unknown): number {
  const round = (): number => {
    const started = performance.now();
    let calls = 0;
    do {
      call();
      calls++;
    } while (performance.now() - started < 100);
    return ((performance.now() - started) * 1000) / calls;
  };
  round();
  return Math.min(...Array.from({ length: 5 }, round));
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Runs calls side by side until `count` are done. */
export async function sideBySide(
  count: number,
  atOnce: number,
  call: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await call(index);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
