import { run } from "./run.ts";

const exitCode = await run(process.argv.slice(2));
// What may still be open (standard input, kept connections) is of no use any more.
process.exit(exitCode);
