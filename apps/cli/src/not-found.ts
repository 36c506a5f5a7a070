import { GstoreError, quoteName } from "@gstore/gateway/client";
import type { CommandContext } from "./command.ts";

/** The error for a prefix that begins no key here. */
export function nothingBelow(context: CommandContext, text: string): Promise<GstoreError> {
  return notHere(context, text, `No key is, or begins with, ${quoteName(text)}`);
}

/** The error for a key that is not here. */
export function noSuchKey(context: CommandContext, key: string): Promise<GstoreError> {
  return notHere(context, key, `There is no key ${quoteName(key)}`);
}

/** Not found where every member is connected and would have told us; else that some could not be asked. */
async function notHere({ client, signal }: CommandContext, key: string, what: string): Promise<GstoreError> {
  const { members, connected } = await client.status({ signal });
  const away = members - 1 - connected;
  if (away <= 0) return new GstoreError("KEY_NOT_FOUND", `${what}.`, { key });
  const nodes = away === 1 ? "1 node of the network is" : `${away} nodes of the network are`;
  return new GstoreError("NO_HOLDER_REACHABLE", `${what} on the nodes connected now; ${nodes} away.`, {
    key,
    retryable: true,
  });
}
