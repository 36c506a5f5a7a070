import { randomInt } from "node:crypto";
import { GstoreError, isGstoreError, sleep, systemClock } from "@gstore/core";

/**
 * Pauses (ms) before the addresses are tried again, each up to half as long again by chance: many who were turned away
 * together do not come back together. With the tries between them they outlast a restart of the issuer.
 */
const RETRY_DELAYS_MS = [250, 1000, 3000, 8000];
/** No other round begins after so long (ms): an address that swallows everything takes 45 s of each. */
const RETRY_UNTIL_MS = 60_000;

/**
 * Asks the addresses in turn; what the right node says is final. Where an answer was lost, or the node was too busy, all
 * are asked again: `ask` must ask as the same node each time, so that a use it was counted for is not counted again.
 * Rejects with `CONNECTION_LOST` where nobody can say whether the ticket was used.
 */
export async function redeemTicket(
  addresses: readonly string[],
  ask: (address: string) => Promise<Uint8Array>,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  const failures: unknown[] = [];
  const untilMs = systemClock.monotonic() + RETRY_UNTIL_MS;
  for (let round = 0; ; round++) {
    const answer = await firstThatAnswers(addresses, ask, failures);
    if (answer !== null) return answer;
    const delayMs = RETRY_DELAYS_MS[round];
    const isTooLate = delayMs === undefined || systemClock.monotonic() > untilMs;
    if (isTooLate || !failures.some(isWorthAnotherTry)) throw notRedeemed(failures);
    await sleep(delayMs + randomInt(delayMs / 2), options);
  }
}

async function firstThatAnswers(
  addresses: readonly string[],
  ask: (address: string) => Promise<Uint8Array>,
  failures: unknown[],
): Promise<Uint8Array | null> {
  for (const address of addresses) {
    try {
      return await ask(address);
    } catch (error) {
      const isElsewhere = isGstoreError(error, "PEER_UNREACHABLE", "PEER_MISMATCH", "HANDSHAKE_FAILED");
      if (!isElsewhere && !isWorthAnotherTry(error)) throw error;
      failures.push(error);
    }
  }
  return null;
}

/** Whether the ticket reached its issuer, which may or may not have acted on it, or was too busy to. */
function isWorthAnotherTry(error: unknown): boolean {
  return wasSent(error) || wasHungUpOn(error) || isGstoreError(error, "TOO_BUSY");
}

/** A node that has enough connections in the handshake hangs up on others before it has said anything. */
function wasHungUpOn(error: unknown): boolean {
  return isGstoreError(error, "PEER_UNREACHABLE") && error.fields.systemCode === "ECONNRESET";
}

function wasSent(error: unknown): boolean {
  return isGstoreError(error, "CONNECTION_LOST", "TIMEOUT");
}

function notRedeemed(failures: readonly unknown[]): GstoreError {
  const cause = failures.at(-1);
  if (failures.some(wasSent)) return unanswered(cause);
  if (isGstoreError(cause, "TOO_BUSY")) return cause;
  if (failures.some(wasHungUpOn)) {
    const busy =
      "The node that issued the ticket hung up before the ticket was sent: it may have too many connections. Try again in a minute.";
    return new GstoreError("PEER_UNREACHABLE", busy, { cause, retryable: true });
  }
  const message =
    "The node that issued the ticket can't be reached, and it alone redeems it. Start it, or ask for a ticket of another node.";
  return new GstoreError("PEER_UNREACHABLE", message, { cause, retryable: true });
}

/** The error for a ticket that was sent, and of which nobody here can say whether it was used. */
export function unanswered(cause: unknown): GstoreError {
  const message =
    "The ticket was sent, and no answer came: it may be used up. Run the same command again: this node asks as the same one, and takes no other use.";
  return new GstoreError("CONNECTION_LOST", message, { cause, retryable: true });
}
