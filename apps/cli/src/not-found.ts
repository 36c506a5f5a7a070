import { GstoreError, quoteName } from "@gstore/gateway/client";
import type { CommandContext } from "./command.ts";

/**
 * The error for a prefix that begins no key here: not found where every member is connected and would have told us, else
 * that a member could not be asked.
 */
export async function nothingBelow({ client, signal }: CommandContext, text: string): Promise<GstoreError> {
  const { members, connected } = await client.status({ signal });
  const away = members - 1 - connected;
  const what = `No key is, or begins with, ${quoteName(text)}`;
  if (away <= 0) return new GstoreError("KEY_NOT_FOUND", `${what}.`, { key: text });
  const nodes = away === 1 ? "1 node of the network is" : `${away} nodes of the network are`;
  return new GstoreError("NO_HOLDER_REACHABLE", `${what} on the nodes connected now; ${nodes} away.`, {
    key: text,
    retryable: true,
  });
}
