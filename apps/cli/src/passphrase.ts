import { GstoreError } from "@gstore/gateway/client";
import type { Options } from "yargs";
import { canAsk, typeUnseen } from "./ask.ts";
import type { CommandContext } from "./command.ts";
import { printable } from "./printable.ts";
import { passphraseFileOf } from "./settings.ts";
import { openSourceFile } from "./source-file.ts";

/** Bytes of a passphrase file: more than any passphrase has. */
const FILE_BYTES_MAX = 4096;
const MODE_OTHERS = 0o077;

/** Of every command that opens key files. */
export const PASSPHRASE_FILE_OPTION: Readonly<Record<"passphrase-file", Options>> = {
  "passphrase-file": {
    type: "string",
    requiresArg: true,
    description: "File that holds the key files' passphrase (GSTORE_PASSPHRASE_FILE; default: asked for)",
  },
};

/** Of every command that makes key files. */
export const NEW_PASSPHRASE_OPTIONS: Readonly<Record<string, Options>> = {
  passphrase: { type: "boolean", description: "Put the node's key files under a passphrase" },
  ...PASSPHRASE_FILE_OPTION,
};

/** Said wherever a passphrase is set. The cost is that of @gstore/crypto (docs/spec/keys.md). */
export const PASSPHRASE_DETAILS =
  "A passphrase seals the key files with AES-256-GCM under scrypt (N = 2^17, r = 8, p = 1: about 0.4 s and 128 MiB a guess). There is no way around a lost one but the recovery words.";

export interface PassphraseArguments {
  readonly "passphrase-file"?: string;
}

export interface NewPassphraseArguments extends PassphraseArguments {
  readonly passphrase?: boolean;
}

type Asking = Pick<CommandContext, "signal">;

/** Gives the passphrase of what is at `path`: from the file that was named, else asked for once. */
export function passphraseSource(
  { signal }: Asking,
  path: string,
  args: PassphraseArguments,
): () => Promise<string> {
  return async () => {
    const file = passphraseFileOf(args["passphrase-file"]);
    if (file !== undefined) return await readPassphraseFile(file);
    if (canAsk()) return await typeUnseen(`Passphrase of ${printable(path)}: `, signal);
    const message = `The keys in ${path} are under a passphrase. Give --passphrase-file FILE, or run this on a terminal.`;
    throw new GstoreError("PASSPHRASE_NEEDED", message, { path });
  };
}

/** The passphrase for key files to be made; undefined where none was asked for. */
export async function newPassphrase(
  context: Asking,
  args: NewPassphraseArguments,
): Promise<string | undefined> {
  const path = passphraseFileOf(args["passphrase-file"]);
  if (path !== undefined && args.passphrase !== false) return await readPassphraseFile(path);
  return args.passphrase ? await askNewPassphrase(context, "--passphrase-file") : undefined;
}

/** Asks twice: a slip that nobody saw would lock its user out. `option` is what to give where nobody can be asked. */
export async function askNewPassphrase({ signal }: Asking, option: string): Promise<string> {
  if (!canAsk()) {
    throw new GstoreError("INVALID_ARGUMENT", `Nobody is there to type a passphrase: give ${option} FILE.`);
  }
  const passphrase = await typeUnseen("New passphrase: ", signal);
  if (passphrase === "")
    throw new GstoreError("INVALID_ARGUMENT", "A passphrase has at least one character.");
  if ((await typeUnseen("The same again: ", signal)) === passphrase) return passphrase;
  throw new GstoreError("INVALID_ARGUMENT", "The two passphrases differ. Nothing was changed.");
}

/** The one line that a file holds. Rejects where others on this machine can read it. */
export async function readPassphraseFile(path: string): Promise<string> {
  const source = await openSourceFile(path);
  try {
    if (process.platform !== "win32" && ((source.mode ?? 0) & MODE_OTHERS) !== 0) {
      const message = `The passphrase file ${path} can be read by others on this machine. If they may not have seen it: chmod 600 ${path}`;
      throw new GstoreError("KEY_FILE_INVALID", message, { path });
    }
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of source.bytes()) {
      bytes += part.length;
      if (bytes > FILE_BYTES_MAX) throw badFile(path, `more than ${FILE_BYTES_MAX} bytes`);
      parts.push(part);
    }
    const line = Buffer.concat(parts)
      .toString()
      .replace(/\r?\n$/, "");
    if (line === "") throw badFile(path, "nothing in it");
    if (/[\r\n]/.test(line)) throw badFile(path, "more than one line");
    return line;
  } finally {
    await source.close();
  }
}

function badFile(path: string, what: string): GstoreError {
  const message = `The passphrase file ${path} has ${what}. It holds the passphrase on one line.`;
  return new GstoreError("INVALID_ARGUMENT", message, { path });
}
