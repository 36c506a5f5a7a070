import { expect, test } from "vitest";
import { DigestFilter, digestOf, systemRandom } from "../src/index.ts";

const numbered = (number: number) => digestOf(Buffer.from(`digest ${number}`));

test("a filter forgets none of its digests, and takes few others for them", () => {
  const filter = new DigestFilter(5000, systemRandom);
  for (let number = 0; number < 5000; number++) filter.add(numbered(number));
  for (let number = 0; number < 5000; number++) expect(filter.has(numbered(number))).toBe(true);
  let mistaken = 0;
  for (let number = 5000; number < 25_000; number++) if (filter.has(numbered(number))) mistaken++;
  expect(mistaken).toBeLessThan(60);
});

test("what one filter mistakes another does not", () => {
  const digests = Array.from({ length: 30_000 }, (_, number) => numbered(number));
  const mistakes = [1, 2].map(() => {
    const filter = new DigestFilter(1, systemRandom);
    for (const digest of digests.slice(0, 1000)) filter.add(digest);
    return new Set(digests.slice(1000).filter((digest) => filter.has(digest)));
  });
  const first = mistakes[0] ?? new Set();
  const second = mistakes[1] ?? new Set();
  expect(first.size).toBeGreaterThan(100);
  expect([...first].filter((digest) => second.has(digest)).length).toBeLessThan(first.size / 4);
});

test("a filter for any number of digests has a bounded size", () => {
  expect(new DigestFilter(10 ** 9, systemRandom).capacity).toBe(2 ** 24);
});
