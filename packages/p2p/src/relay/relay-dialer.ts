import { GstoreError, isGstoreError, type PeerId } from "@gstore/core";
import type { Connection } from "@libp2p/interface";
import { RELAY_MESSAGE_BYTES_MAX } from "../limits.ts";
import { decodeRelayAnswer, encodeRelayOpen } from "./relay-messages.ts";
import { RELAY_PROTOCOL, STREAMS } from "./relay-server.ts";
import { readFrameOf, StreamDuplex, writeFrame } from "./stream-duplex.ts";

const REASONS: Record<string, string> = {
  REQUEST_REFUSED: "it does not relay",
  TOO_BUSY: "it relays enough already",
  PEER_UNREACHABLE: "the node is not there",
};

/**
 * Has a relay join a stream with a member that has a place there. What comes out has proved nothing yet: TLS and the
 * handshake run on it. Rejects with `PEER_UNREACHABLE`, or `TOO_BUSY`.
 */
export async function openRelayed(
  connection: Connection | null,
  { relay, peer, signal }: { readonly relay: PeerId; readonly peer: PeerId; readonly signal: AbortSignal },
): Promise<StreamDuplex> {
  if (connection === null) throw unreachable(peer, `its relay ${relay} is not connected`);
  let duplex: StreamDuplex | null = null;
  try {
    duplex = new StreamDuplex(await connection.newStream(RELAY_PROTOCOL, { signal, ...STREAMS }));
    writeFrame(duplex, encodeRelayOpen(peer));
    const answer = decodeRelayAnswer(
      await readFrameOf(duplex, { bytesMax: RELAY_MESSAGE_BYTES_MAX, signal }),
    );
    if (answer === null) return duplex;
    const reason = `its relay ${relay} refuses: ${REASONS[answer] ?? answer}`;
    throw answer === "TOO_BUSY"
      ? new GstoreError("TOO_BUSY", `${peer} cannot be reached: ${reason}.`, { peer, retryable: true })
      : unreachable(peer, reason);
  } catch (cause) {
    duplex?.destroy();
    if (isGstoreError(cause, "PEER_UNREACHABLE", "TOO_BUSY")) throw cause;
    throw unreachable(peer, `its relay ${relay} does not answer`, cause);
  }
}

function unreachable(peer: PeerId, reason: string, cause?: unknown): GstoreError {
  return new GstoreError("PEER_UNREACHABLE", `${peer} cannot be reached: ${reason}.`, {
    peer,
    retryable: true,
    cause,
  });
}
