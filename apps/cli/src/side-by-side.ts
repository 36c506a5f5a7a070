export interface SideBySideOptions<T> {
  /** What the items under way weigh together, at most. */
  readonly limit: number;
  /** What an item weighs; by default 1. */
  readonly weightOf?: (item: T) => number;
}

/** Does `work` for each item, several at a time. The first rejection stops taking items and is passed on. */
export async function sideBySide<T>(
  items: Iterable<T> | AsyncIterable<T>,
  { limit, weightOf = () => 1 }: SideBySideOptions<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let weight = 0;
  let failure: { readonly error: unknown } | null = null;
  let changed = (): void => {};
  const start = (item: T, own: number): void => {
    weight += own;
    const done = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        weight -= own;
        running.delete(done);
        changed();
      });
    running.add(done);
  };
  try {
    for await (const item of items) {
      const own = Math.min(limit, weightOf(item));
      while (weight + own > limit && failure === null) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      if (failure !== null) break;
      start(item, own);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== null) throw (failure as { readonly error: unknown }).error;
}
