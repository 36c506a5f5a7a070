import { type ChildProcess, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

/** The command line as a process, from its sources: what a user would type. */
const CLI = fileURLToPath(new URL("../../cli/src/gstore.ts", import.meta.url));
const NODE_ARGUMENTS = ["--conditions=@gstore/source", "--disable-warning=ExperimentalWarning", CLI];

/** Starts `gstore ARGS`, in a process group of its own: Ctrl-C is the demo's to deal with. */
export function startGstore(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...NODE_ARGUMENTS, ...args], {
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
    env: ownEnvironment(),
  });
}

/** Runs `gstore ARGS --json` to its end and gives the objects it printed. Rejects with its error. */
export async function gstore(
  args: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, unknown>[]> {
  const child = startGstore([...args, "--json"]);
  child.stdin?.end();
  const stop = (): void => void child.kill();
  signal.addEventListener("abort", stop);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("no pipes");
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [output, errors, code] = await Promise.all([text(stdout), text(stderr), ended]);
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (code !== 0) throw new GstoreFailure(args, errors);
  return output
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A command that failed, with the reason it gave. */
export class GstoreFailure extends Error {
  readonly code: string;

  constructor(args: readonly string[], errors: string) {
    const record = parseRecord(errors);
    super(`gstore ${args.join(" ")}: ${record.message}`);
    this.code = record.code;
  }
}

function parseRecord(errors: string): { code: string; message: string } {
  try {
    return JSON.parse(errors.split("\n", 1)[0] ?? "") as { code: string; message: string };
  } catch {
    return { code: "INTERNAL", message: errors.trim() };
  }
}

/** Without the user's own settings for gstore, which would reach into the demo. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GSTORE_") || name === "GSTORE_DEBUG",
  );
  return Object.fromEntries(own);
}
