import { GatewayClient, GstoreError, isGstoreError } from "@gstore/gateway/client";
import type { CommandContext } from "./command.ts";
import { parseCommandLine } from "./command-line.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { Interrupt } from "./interrupt.ts";
import { flushed, Output } from "./output.ts";
import { configPathOf, nodeFolder } from "./settings.ts";
import { describeSystemError } from "./system-error.ts";

/** Runs one command line to its end and gives its exit code. Never rejects. */
export async function run(argv: readonly string[]): Promise<number> {
  const interrupt = new Interrupt();
  endQuietlyWhenClosed(interrupt);
  // Known before the command line is understood: its own errors have to obey it.
  let output = new Output({ json: argv.includes("--json"), signal: interrupt.signal });
  try {
    const line = await parseCommandLine(argv);
    if (line === undefined) return EXIT.done;
    output = new Output({ json: line.args.json === true, signal: interrupt.signal });
    const context = await createContext(line.args, { output, interrupt });
    const code = await line.command.run(context, line.args as never);
    context.client.close();
    return interrupt.exitCode !== undefined && code === undefined ? interrupt.exitCode : (code ?? EXIT.done);
  } catch (error) {
    if (interrupt.exitCode !== undefined) return interrupt.exitCode;
    report(output, error);
    return exitCodeOf(error);
  } finally {
    if (interrupt.exitCode === undefined) await flushed();
  }
}

async function createContext(
  args: Readonly<Record<string, unknown>>,
  { output, interrupt }: { output: Output; interrupt: Interrupt },
): Promise<CommandContext> {
  const configPath = configPathOf(args.config as string | undefined);
  const { space } = args;
  const dir = await nodeFolder(args.dir as string | undefined, configPath);
  return {
    dir,
    configPath,
    output,
    interrupt,
    signal: interrupt.signal,
    client: new GatewayClient({ dir, ...(typeof space === "string" ? { space } : {}) }),
  };
}

/** What went wrong, in a sentence for people or a line of JSON for programs; where from only at GSTORE_DEBUG=1. */
export function report(output: Output, error: unknown): void {
  const shown = isGstoreError(error) ? error : asInternal(error);
  const { code, message, retryable, fields } = shown;
  output.problem({ code, message, retryable, fields } as { message: string });
  if (process.env.GSTORE_DEBUG === "1") console.error(error);
}

function asInternal(error: unknown): GstoreError {
  const system = describeSystemError(error);
  if (system !== undefined) return system;
  const text = error instanceof Error ? error.message : String(error);
  return new GstoreError("INTERNAL", `A fault in gstore: ${text} (GSTORE_DEBUG=1 shows where)`, {
    cause: error,
  });
}

/** `gstore ls | head` ends when head does, and says nothing about it. */
function endQuietlyWhenClosed(interrupt: Interrupt): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") console.error(`gstore: writing the output failed: ${error.message}`);
    interrupt.end(error.code === "EPIPE" ? EXIT.done : EXIT.failed);
  });
  process.stderr.on("error", () => {});
}
