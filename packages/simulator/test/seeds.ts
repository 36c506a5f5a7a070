/** Seeds of every run of the tests. Thousands more are run by `pnpm test:soak`. */
export const SEEDS: readonly string[] = Array.from({ length: 200 }, (_, index) => String(index + 1));

/** Seeds that found a bug of the product, and what it was. They stay. */
export const FOUND: readonly { readonly seed: string; readonly bug: string }[] = [
  {
    seed: "13",
    bug: "an admin four admissions from the root let in a node that had no certificate it could show",
  },
  {
    seed: "26",
    bug: "a holder was asked for four proofs at once, refused three, and those surplus copies stayed for a day",
  },
  { seed: "51", bug: "a missing copy was made later by as much as the clock had been set back" },
  { seed: "76", bug: "after a removal nobody fetched what the removed member had held" },
  { seed: "164", bug: "a node that came again before it was missed kept what it had written meanwhile" },
  { seed: "219", bug: "as 76, with the removal of two" },
  { seed: "291", bug: "an invitation on a failing disk rejected with the system's own error" },
];
