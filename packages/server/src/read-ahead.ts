/** Gives what an iteration gives; the next item is begun while the consumer is at work on one. */
export async function* oneAhead<Item>(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  let next = items.next();
  try {
    for (let one = await next; !one.done; one = await next) {
      next = items.next();
      // It is seen when its turn comes.
      next.catch(() => {});
      yield one.value;
    }
  } finally {
    await items.return(undefined);
  }
}

/** Gives what some iterations give, one after the other; the first items of all of them are begun at once. */
export async function* begunTogether<Item>(
  iterations: readonly AsyncGenerator<Item>[],
): AsyncGenerator<Item> {
  const firsts = await Promise.all(iterations.map((iteration) => iteration.next()));
  for (const [index, first] of firsts.entries()) {
    if (first.done) continue;
    yield first.value;
    yield* iterations[index] as AsyncGenerator<Item>;
  }
}
