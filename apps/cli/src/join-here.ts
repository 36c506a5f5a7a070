import { shellQuote } from "@gstore/gateway/client";
import type { JoinedNode } from "@gstore/server";
import type { CommandContext } from "./command.ts";
import { loadNodeConfig } from "./config.ts";
import { printable } from "./printable.ts";
import { rememberBootstrap } from "./remember-settings.ts";
import { fieldLines } from "./table.ts";

/** The newcomer waits for the answer to a ticket that it has sent (45 s at most); then it has to be over. */
const ANSWER_MS = 46_000;
const NOTE_MS = 500;

export interface JoinHereOptions {
  readonly ticket: string;
  readonly name?: string | undefined;
  readonly passphrase: string | undefined;
  readonly proxy?: string | undefined;
  /** Says how the node is started, for whoever does not start it now. */
  readonly tellNext?: boolean;
}

/** Redeems a ticket, makes the node's folder and tells of it. Nothing is left where the ticket was not redeemed. */
export async function joinHere(
  context: CommandContext,
  { ticket, name, passphrase, proxy, tellNext = false }: JoinHereOptions,
): Promise<JoinedNode> {
  const { dir, output, signal, interrupt } = context;
  // Before the ticket is used up: a file that can't be read couldn't be written to afterwards.
  await loadNodeConfig(dir);
  const { joinNetwork } = await import("@gstore/server");
  // All that a node makes is its user's own business.
  process.umask(0o077);
  interrupt.setGrace(ANSWER_MS);
  const given = {
    ...(name === undefined ? {} : { name }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(proxy === undefined ? {} : { proxy }),
  };
  const quiet = tellWhatCtrlCWaitsFor(context);
  const joined = await joinNetwork({ dir, ticket, signal, ...given }).finally(quiet);
  await rememberBootstrap(dir, joined.addresses);
  const next = `gstore --dir ${shellQuote(dir)} up`;
  if (signal.aborted)
    output.note(`The node has joined all the same, since the ticket was used. Start it with: ${next}`);
  const { id, network, role, addresses } = joined;
  const record = { event: "joined", id, name: joined.name, network, role, addresses, dir };
  await output.result(record, () =>
    fieldLines([
      ["joined", printable(dir)],
      ["name", printable(joined.name)],
      ["id", id],
      ["network", network],
      ["role", role],
      ...(tellNext ? [["next", next] as const] : []),
    ]),
  );
  return joined;
}

/** A ticket that has been sent may be used up: its answer is waited for even at Ctrl-C. */
function tellWhatCtrlCWaitsFor({ output, signal }: CommandContext): () => void {
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void =>
    output.note(
      "The ticket has been sent: waiting for the answer. Ctrl-C again ends at once, and may waste it.",
    );
  const onAbort = (): void => {
    timer = setTimeout(tell, NOTE_MS);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return () => {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  };
}
