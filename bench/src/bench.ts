/**
 * The benchmarks: pnpm bench [NAME...] [--json] [--file 1G] [--max-file 1G] [--max-keys 10000] [--dir FOLDER]
 * Each figure stands beside what this machine allows for the same work, measured in the same run.
 */
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { BENCHMARKS } from "./benchmarks.ts";
import { Report } from "./report.ts";
import { Scratch } from "./scratch.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    file: { type: "string", default: "1G" },
    "max-file": { type: "string", default: "1G" },
    "max-keys": { type: "string", default: "10000" },
    dir: { type: "string", default: tmpdir() },
  },
});

const unknown = positionals.filter((name) => !BENCHMARKS.some((benchmark) => matches(benchmark.name, name)));
if (values.list || unknown.length > 0) {
  for (const name of unknown) console.error(`bench: there is no benchmark ${name}`);
  for (const { name, about } of BENCHMARKS) console.log(`${name.padEnd(16)} ${about}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}

const report = new Report({ json: values.json });
const scratch = new Scratch(values.dir);
const options = {
  fileBytes: bytesOf(values.file),
  maxFileBytes: bytesOf(values["max-file"]),
  maxKeys: Number(values["max-keys"]),
};
for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => process.exit(130));
process.on("exit", () => scratch.remove());
for (const { name, about, run } of BENCHMARKS) {
  if (positionals.length > 0 && !positionals.some((wanted) => matches(name, wanted))) continue;
  report.begin(name, about);
  await run({ report, scratch, options });
}
process.exit(0);

/** `micro` names all of `micro/…`. */
function matches(name: string, wanted: string): boolean {
  return name === wanted || name.startsWith(`${wanted}/`) || name.endsWith(`/${wanted}`);
}

function bytesOf(text: string): number {
  const [, number, unit = ""] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  if (number === undefined) throw new Error(`bench: ${text} is no size; write 64M or 1G`);
  return Number(number) * 1024 ** " KMG".indexOf(unit === "" ? " " : unit.toUpperCase());
}
