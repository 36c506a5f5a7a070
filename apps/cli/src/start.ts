// What `pnpm --filter cli start` runs: without arguments a node, made on first use; with arguments that command.
const args = process.argv.slice(2);
// pnpm hands on the "--" in front of arguments.
if (args[0] === "--") args.shift();
process.argv.splice(2, process.argv.length, ...(args.length === 0 ? ["up", "--init"] : args));
await import("./gstore.ts");

export {};
