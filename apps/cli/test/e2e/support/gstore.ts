import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { inject } from "vitest";
import { Child, type ChildOptions, type Ended } from "./child-process.ts";

const TIMEOUT_MS = 90_000;
/** A home with nothing in it but Node's compile cache, which halves the start of every process. */
const HOME = join(import.meta.dirname, "../../../node_modules/.cache/e2e-home");

export interface GstoreOptions extends Partial<ChildOptions> {
  /** What the command reads from standard input; nothing by default. */
  readonly input?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly timeoutMs?: number;
  /** Runs it below a shell with this umask. */
  readonly umask?: string;
  /** The file to start instead of the bundle. */
  readonly entry?: string;
  /** Runs it in this network namespace. */
  readonly netns?: string;
}

export interface Outcome extends Ended {
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
}

/** Starts the command line as a process, with nothing of the user's settings in its environment. */
export function startGstore(args: readonly string[], options: GstoreOptions = {}): Child {
  const env = { ...cleanEnvironment(), ...options.env };
  const command = [process.execPath, options.entry ?? inject("gstoreEntry"), ...args];
  const [file = "", ...rest] = [
    ...(options.netns === undefined ? [] : ["ip", "netns", "exec", options.netns]),
    ...(options.umask === undefined ? [] : ["sh", "-c", `umask ${options.umask}; exec "$@"`, "sh"]),
    ...command,
  ];
  return new Child(file, rest, { ...options, env });
}

/** Runs the command line to its end. Rejects only where it does not end in time. */
export async function gstore(args: readonly string[], options: GstoreOptions = {}): Promise<Outcome> {
  const child = startGstore(args, options);
  const { timeoutMs = TIMEOUT_MS, input = Buffer.alloc(0) } = options;
  const feeding = feed(child, input);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const ended = await child.ended;
  clearTimeout(timer);
  await feeding;
  if (ended.signal === "SIGKILL")
    throw new Error(`gstore ${args.join(" ")} did not end in ${timeoutMs} ms: ${child.stderr}`);
  const { stdout, stdoutBytes, stderr } = child;
  return { ...ended, stdout, stdoutBytes, stderr };
}

/** Like {@link gstore}, and rejects where the command fails. */
export async function gstoreDone(args: readonly string[], options: GstoreOptions = {}): Promise<Outcome> {
  const outcome = await gstore(args, options);
  if (outcome.code !== 0)
    throw new Error(`gstore ${args.join(" ")} ended with ${outcome.code}: ${outcome.stderr}`);
  return outcome;
}

/** Writes to a command's standard input; it may end before it has read all. */
export async function feed(child: Child, input: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const source = input instanceof Uint8Array ? [input] : input;
  await pipeline(Readable.from(source), child.process.stdin).catch(() => {});
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  mkdirSync(HOME, { recursive: true });
  const own = ["PATH", "TMPDIR", "LD_PRELOAD", "SYSTEMROOT"];
  const kept = own.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), HOME, LANG: "C.UTF-8" };
}
