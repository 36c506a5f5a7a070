import { GstoreError, parseDuration } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { formatInvite } from "../invite-line.ts";
import type { Output } from "../output.ts";
import { coloured, qrCode } from "../qr-code.ts";

interface InviteArguments {
  readonly role?: string;
  readonly expires: string;
  readonly uses?: number;
  readonly space?: readonly string[];
  readonly address?: readonly string[];
  readonly qr?: boolean;
}

export const inviteCommand: Command<InviteArguments> = {
  options: {
    role: {
      choices: ["admin", "writer", "reader", "vault"],
      requiresArg: true,
      description: "What the new member may do (default: writer)",
    },
    expires: {
      type: "string",
      requiresArg: true,
      default: "24h",
      description: 'How long the ticket can be used, or "never"',
    },
    uses: {
      type: "number",
      requiresArg: true,
      description: "How many nodes can join with it (default: 1)",
    },
    space: {
      type: "string",
      array: true,
      requiresArg: true,
      description: "Space that the role holds in (repeatable; default: all)",
    },
    address: {
      type: "string",
      array: true,
      requiresArg: true,
      description: "Another address of this node, such as its public one (repeatable)",
    },
    qr: { type: "boolean", description: "Draw the ticket as a QR code too, on standard error" },
  },
  examples: [
    ["invite", "a ticket for one more node that may read and write, good for a day"],
    ["invite --role vault --uses 3", "for three nodes that keep copies and can read nothing"],
    ["invite --role reader --space photos --expires 7d", "for a node that may read one space"],
    ["invite --qr", "with a QR code to photograph"],
    ["invite | ssh berta gstore join -", "have another machine join at once"],
  ],
  details:
    "Whoever has the ticket can join: hand it over in private. This node alone redeems it, so it has to run. Only an admin invites.",
  run: invite,
};

async function invite({ client, output, signal }: CommandContext, args: InviteArguments): Promise<undefined> {
  const { role, expires, uses, space, address } = args;
  if (expires !== "never" && parseDuration(expires, Number.POSITIVE_INFINITY) === 0) {
    throw new GstoreError("INVALID_ARGUMENT", "--expires takes more than nothing.");
  }
  if (uses !== undefined && !(Number.isInteger(uses) && uses >= 1)) {
    throw new GstoreError("INVALID_ARGUMENT", "--uses takes a whole number from 1 on.");
  }
  const request = {
    ...(role === undefined ? {} : { role }),
    ...(expires === "never" ? {} : { lifetime: expires }),
    ...(uses === undefined ? {} : { uses }),
    ...(space === undefined ? {} : { spaces: space }),
    ...(address === undefined ? {} : { addresses: address }),
  };
  const issued = await client.membership.invite(request, { signal });
  output.note(`${formatInvite(issued)}. Keep it secret; the other machine runs: gstore join`);
  if (args.qr && !output.json) draw(issued.ticket, output);
  await output.result(issued, () => issued.ticket);
  return undefined;
}

/** On standard error: the ticket stays alone on standard output. */
function draw(ticket: string, output: Output): void {
  const code = qrCode(ticket);
  const columns = process.stderr.columns ?? Number.POSITIVE_INFINITY;
  if (code === undefined) output.note("The ticket is too long for a QR code: it names too many addresses.");
  else if (code.width > columns)
    output.note(`The QR code needs ${code.width} columns, and this terminal has ${columns}. Make it wider.`);
  else output.drawing(output.isTerminal ? coloured(code) : code.lines);
}
