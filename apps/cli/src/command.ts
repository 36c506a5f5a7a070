import type { GatewayClient } from "@gstore/gateway/client";
import type { Options, PositionalOptions } from "yargs";
import type { ExitCode } from "./exit-codes.ts";
import type { Interrupt } from "./interrupt.ts";
import type { Output } from "./output.ts";

/** What every command works with. */
export interface CommandContext {
  /** The node's folder, absolute. */
  readonly dir: string;
  /** The config file, absolute; null for the one in the node's folder, which need not be there. */
  readonly configPath: string | null;
  readonly output: Output;
  /** Fires at Ctrl-C, and when the reader of our output has gone. */
  readonly signal: AbortSignal;
  readonly interrupt: Interrupt;
  /** The running node of `dir`. */
  readonly client: GatewayClient;
}

/** One command: what it takes, and what it does. */
export interface Command<Arguments = never> {
  readonly positionals?: Readonly<Record<string, PositionalOptions>>;
  readonly options?: Readonly<Record<string, Options>>;
  /** Command lines and what they do. */
  readonly examples: readonly (readonly [string, string])[];
  /** What it does not understand is not repeated: it may be a secret in the wrong place. */
  readonly takesSecrets?: boolean;
  /** More about it, below the options. */
  readonly details?: string;
  /** Resolves with the exit code (none is 0) or rejects; then the error's own exit code counts. */
  run(context: CommandContext, args: Arguments): Promise<ExitCode | undefined>;
}

/** What the list of commands shows, without loading them: libp2p alone takes half a second. */
export interface CommandEntry {
  /** Name and arguments, as yargs reads them. */
  readonly usage: string;
  readonly description: string;
  readonly load: () => Promise<Command>;
}
