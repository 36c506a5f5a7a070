import { parseArgs } from "node:util";

export interface DemoOptions {
  /** End by itself once everything has been shown. */
  readonly exit: boolean;
  /** Where the two nodes' folders are made; undefined for a temporary one that goes at the end. */
  readonly dir: string | undefined;
  readonly ports: readonly [number, number];
}

export const USAGE = `Usage: npm start -- [--exit] [--dir FOLDER] [--ports 4000,5000]
  --exit    end when everything has been shown, with exit code 0 if all of it worked
  --dir     keep the two nodes in this folder (default: a temporary one, removed at the end)
  --ports   the two ports to listen at on 127.0.0.1 (0 takes a free one)`;

/** Reads the demo's arguments. Throws an error with a sentence for the user. */
export function parseOptions(args: readonly string[]): DemoOptions | "help" {
  // pnpm hands on the "--" in front of arguments.
  const own = args[0] === "--" ? args.slice(1) : [...args];
  const { values } = parseArgs({
    args: own,
    options: {
      exit: { type: "boolean", default: false },
      dir: { type: "string" },
      ports: { type: "string", default: "4000,5000" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const [first, second, ...more] = values.ports.split(",").map(Number);
  if (!isPort(first) || !isPort(second) || more.length > 0)
    throw new Error("--ports takes two ports: 4000,5000");
  return { exit: values.exit, dir: values.dir, ports: [first, second] };
}

function isPort(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0 && value <= 65_535;
}
