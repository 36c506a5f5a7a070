import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Acknowledged } from "./acknowledged.ts";
import { scratchFolder } from "./scratch.ts";

const WRITER = join(import.meta.dirname, "writer.ts");

test("a writer killed with -9 again and again keeps all that it acknowledged", {
  timeout: 60_000,
}, async () => {
  const dir = scratchFolder();
  const acknowledged = new Acknowledged();
  for (let round = 0; round < 4; round++) {
    const arguments_ = ["--conditions=@gstore/source", WRITER, dir, String(acknowledged.next)];
    const writer = spawn(process.execPath, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
    const target = acknowledged.size + 300 * (round + 1);
    writer.stdout.on("data", (bytes) => {
      acknowledged.take(String(bytes));
      if (acknowledged.size >= target) writer.kill("SIGKILL");
    });
    await once(writer, "close");
    expect(acknowledged.size).toBeGreaterThanOrEqual(target);
    await acknowledged.expectIn(dir);
  }
});
