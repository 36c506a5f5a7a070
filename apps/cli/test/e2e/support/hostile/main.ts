import { createInterface } from "node:readline";
import { GstoreError } from "@gstore/core";
import { HostileProgram } from "./hostile-program.ts";

/**
 * A peer that keeps no rule, as a process of its own: one line of JSON on standard input is one thing to do, and is
 * answered by a line on standard output. It ends with its standard input.
 */
const program = new HostileProgram();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => void obey(line));
lines.once("close", () => process.exit(0));

async function obey(line: string): Promise<void> {
  const { number, op, args } = JSON.parse(line);
  let answer: object;
  try {
    answer = { number, result: await program.do(op, args) };
  } catch (error) {
    const code = error instanceof GstoreError ? error.code : "INTERNAL";
    answer = { number, error: { code, message: String((error as Error).message) } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
