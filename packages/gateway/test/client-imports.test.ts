import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const SOURCES = join(import.meta.dirname, "../src");

/** Files and packages that a file imports at run time, and what these import of this package. */
function importsOf(file: string, seen: Set<string> = new Set()): Set<string> {
  const statements = readFileSync(file, "utf8").matchAll(
    /^(?:import|export) (?!type )(?:[^"';]* from )?"([^"]+)"/gm,
  );
  for (const [, name] of statements) {
    if (name === undefined) continue;
    const next = name.startsWith(".") ? join(dirname(file), name) : name;
    if (seen.has(next)) continue;
    seen.add(next);
    if (name.startsWith(".")) importsOf(next, seen);
  }
  return seen;
}

// Every command of the CLI loads the client, and each library in it is time that a user waits.
test("the client needs no library of the server's side", () => {
  const imports = importsOf(join(SOURCES, "client.ts"));
  expect(imports).toContain(join(SOURCES, "gateway-client.ts"));
  expect([...imports].filter((name) => ["typebox", "fastify"].includes(name))).toEqual([]);
});
