import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nodeDiskFiles } from "../src/disk-files.ts";
import { WindowReader } from "../src/pack/window-reader.ts";
import { scratchFolder } from "./scratch.ts";

test("a window reader gives the file's bytes, whatever the steps", async () => {
  const bytes = randomBytes(50_000);
  const path = join(scratchFolder(), "file");
  writeFileSync(path, bytes);
  const steps = fc.array(fc.record({ skip: fc.nat(900), length: fc.nat(3000), back: fc.boolean() }), {
    maxLength: 80,
  });
  await fc.assert(
    fc.asyncProperty(
      steps,
      fc.boolean(),
      fc.integer({ min: 1, max: 4000 }),
      async (all, readsAhead, windowBytes) => {
        const file = await nodeDiskFiles.open(path, "read");
        const reader = new WindowReader(file, { to: bytes.length, windowBytes, readsAhead });
        let offset = 0;
        for (const { skip, length, back } of all) {
          offset = Math.max(0, back ? offset - skip : offset + skip);
          const found = await reader.bytes(offset, length);
          const expected = bytes.subarray(offset, offset + length);
          if (offset + length <= bytes.length) expect(Buffer.compare(found, expected)).toBe(0);
          if (!back) offset += length;
        }
        await reader.stop();
        await file.close();
      },
    ),
    { numRuns: 200 },
  );
});
