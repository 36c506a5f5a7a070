import { GstoreError } from "@gstore/gateway/client";
import type { Argv, Options } from "yargs";
import yargs from "yargs";
import packageJson from "../package.json" with { type: "json" };
import type { Command } from "./command.ts";
import { COMMANDS } from "./command-table.ts";
import { suggest } from "./suggest.ts";

/** What a command line says. */
export interface CommandLine {
  readonly command: Command;
  readonly args: Readonly<Record<string, unknown>>;
}

type LoadedCommand = Command & { readonly usage: string };

const GLOBAL_OPTIONS: Readonly<Record<string, Options>> = {
  dir: {
    type: "string",
    requiresArg: true,
    description: "The node's folder (GSTORE_DIR; default ~/.gstore)",
  },
  config: {
    type: "string",
    requiresArg: true,
    description: "Config file (GSTORE_CONFIG; default config.toml in the node's folder)",
  },
  json: { type: "boolean", description: "One JSON object a line; errors as JSON on standard error" },
};

const PARSER = {
  "camel-case-expansion": false,
  "dot-notation": false,
  // Each --listen takes one address: what follows may be a key.
  "greedy-arrays": false,
  // A key may look like a number.
  "parse-numbers": false,
  "parse-positional-numbers": false,
};
/** In front of words that yargs shall leave alone. No argument can hold NUL itself. */
const GUARD = "\0";
const WIDTH_MAX = 110;
const HELP = "gstore --help tells more.";

const EPILOGUE = `Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 node not running or unreachable, 5 refused,
6 fewer copies than asked (the local copy is kept), 7 purged, and not confirmed by all members, 130 ended by Ctrl-C.
Environment: GSTORE_DIR, GSTORE_CONFIG, GSTORE_LISTEN, GSTORE_BOOTSTRAP, GSTORE_HTTP; GSTORE_DEBUG=1 shows stack traces.
Durations: 30s 24h 7d. Sizes: 1GB = 10^9 bytes, 1GiB = 2^30.`;

/**
 * Reads a command line. Gives undefined where it only asked for help or the version, which is then printed. Throws
 * `INVALID_ARGUMENT` for one that says nothing sensible.
 */
export async function parseCommandLine(argv: readonly string[]): Promise<CommandLine | undefined> {
  refusePassphrase(argv);
  refuseHelpForNothing(argv);
  let current: LoadedCommand | undefined;
  let found: CommandLine | undefined;
  const program = yargs(guarded(argv))
    .scriptName("gstore")
    .locale("en")
    .usage("gstore keeps your files on several machines of your own.\n\n$0 COMMAND [OPTIONS]")
    .parserConfiguration(PARSER)
    .options(GLOBAL_OPTIONS)
    .strict()
    .help()
    .alias("help", "h")
    .version(packageJson.version)
    .wrap(Math.min(WIDTH_MAX, process.stdout.columns ?? WIDTH_MAX))
    .epilogue(EPILOGUE)
    .demandCommand(1, "Name a command.")
    .exitProcess(false)
    .fail((message, error) => {
      throw error ?? usageError(message, argv, current);
    });
  for (const { usage, description, load } of COMMANDS) {
    program.command(
      usage,
      description,
      async (subprogram) => {
        current = { ...(await load()), usage };
        return describeCommand(subprogram, current);
      },
      (args) => {
        if (current !== undefined) found = { command: current, args: unguarded(args) };
      },
    );
  }
  if (argv.length === 0) program.showHelp("log");
  else {
    try {
      await program.parseAsync();
    } catch (error) {
      // What yargs throws by itself is a complaint too; anything else is a fault.
      throw error instanceof Error && error.name === "YError"
        ? usageError(error.message, argv, current)
        : error;
    }
  }
  if (found !== undefined) refuseRepeated(found);
  return found;
}

/** Asked for the help of a command that there is not, yargs would give that of the program, as if all were well. */
function refuseHelpForNothing(argv: readonly string[]): void {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  if (!words.includes("--help") && !words.includes("-h")) return;
  const takesValue = (word: string | undefined): boolean =>
    word !== undefined && GLOBAL_OPTIONS[word.slice(2)]?.type === "string";
  const command = words.find((word, index) => !word.startsWith("-") && !takesValue(words[index - 1]));
  if (command === undefined || commandNames().includes(command)) return;
  throw usageError(`Unknown command: ${command}`, argv, undefined);
}

function commandNames(): string[] {
  return COMMANDS.map(({ usage }) => usage.split(" ")[0] ?? "");
}

/** Hides from yargs a lone `-`, of which it makes an empty text, and what follows `--`, of which it makes nothing. */
function guarded(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  const options = end === -1 ? argv : argv.slice(0, end);
  const names = end === -1 ? [] : argv.slice(end + 1);
  return [
    ...options.map((word) => (word === "-" ? GUARD + word : word)),
    ...names.map((word) => GUARD + word),
  ];
}

function unguarded(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const restore = (value: unknown): unknown =>
    typeof value === "string" && value.startsWith(GUARD) ? value.slice(GUARD.length) : value;
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(restore) : restore(value),
    ]),
  );
}

function describeCommand(
  program: Argv,
  { positionals = {}, options = {}, examples, details }: Command,
): Argv {
  // A file's version, and not the program's.
  if ("version" in options || "version" in positionals) program.version(false);
  for (const [name, positional] of Object.entries(positionals)) program.positional(name, positional);
  for (const [commandLine, effect] of examples) program.example(`$0 ${commandLine}`, effect);
  return program.options(options).epilogue(details === undefined ? "" : `${details}\n`);
}

/** yargs makes a list of an option that is given twice, and a command that expects text would choke on it. */
function refuseRepeated({ command, args }: CommandLine): void {
  const all: Record<string, Options> = { ...GLOBAL_OPTIONS, ...command.options };
  for (const [name, { type, array }] of Object.entries(all)) {
    if (Array.isArray(args[name]) && type !== "array" && array !== true) {
      throw new GstoreError("INVALID_ARGUMENT", `--${name} was given more than once.`);
    }
  }
}

/** The flag asks for a passphrase; one that stands there is seen by every user of the machine, and is not repeated. */
function refusePassphrase(argv: readonly string[]): void {
  if (!argv.some((word) => word.startsWith("--passphrase="))) return;
  throw new GstoreError(
    "INVALID_ARGUMENT",
    "A command line is no place for a passphrase: others can see it. --passphrase asks for one, and --passphrase-file reads it.",
  );
}

/** yargs' complaint in a sentence, with the likely meaning of a misspelt word and the way to the help. */
function usageError(
  message: string,
  argv: readonly string[],
  command: LoadedCommand | undefined,
): GstoreError {
  const unknown = /^Unknown (?:arguments?|commands?): ([^,]+)/.exec(message.replaceAll(GUARD, ""))?.[1];
  if (unknown === undefined) return new GstoreError("INVALID_ARGUMENT", complaint(message, command?.usage));
  if (command?.takesSecrets && !argv.some((word) => /^--?/.test(word) && word.includes(unknown))) {
    const text = `There is a word too many. Write: gstore ${command.usage}. Secrets are asked for, or read from files.`;
    return new GstoreError("INVALID_ARGUMENT", text);
  }
  const options = Object.keys({ ...GLOBAL_OPTIONS, ...command?.options, help: {} });
  const similar = suggest(unknown, command === undefined ? commandNames() : options);
  const shown = command !== undefined && similar !== undefined ? `--${similar}` : similar;
  const advice = similar === undefined ? "" : ` Did you mean "${shown}"?`;
  const kind = command === undefined ? "command" : "option or argument";
  return new GstoreError("INVALID_ARGUMENT", `Unknown ${kind}: ${unknown}.${advice} ${HELP}`);
}

function complaint(message: string, usage: string | undefined): string {
  if (usage !== undefined && message.startsWith("Not enough non-option")) {
    return `Something is missing. Write: gstore ${usage}`;
  }
  // What was given instead is not repeated: it may be a secret.
  const choice = /Argument: ([^,]+), Given: .*?, Choices: ([^\n]+)/.exec(message);
  if (choice !== null) return `${choice[1]} is one of: ${choice[2]}. ${HELP}`;
  const text = message.replace(/\s*\n\s*/g, " ").trim();
  return `${/[.!?]$/.test(text) ? text : `${text}.`} ${HELP}`;
}
