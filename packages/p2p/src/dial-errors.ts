import { GstoreError, type PeerId } from "@gstore/core";
import type { PeerAddress } from "./address.ts";

/** What a failed dial rejects with: what happened at which address, and what to do next. */
export function dialError(error: unknown, address: PeerAddress): GstoreError {
  const at = String(address.multiaddr);
  if (error instanceof GstoreError) {
    if (error.code === "CONNECTION_LOST") return handshakeCutOff(at, error);
    const message = error.message.includes(at) ? error.message : `${at}: ${error.message}`;
    return new GstoreError(error.code, message, {
      ...error.fields,
      address: at,
      retryable: error.retryable,
      cause: error,
    });
  }
  const systemCode = (error as NodeJS.ErrnoException).code ?? "";
  if (systemCode.startsWith("ERR_SSL") || systemCode === "EPROTO") {
    return new GstoreError(
      "HANDSHAKE_FAILED",
      `What answers at ${at} is no gstore node. Check the address and the port.`,
      {
        address: at,
        systemCode,
        cause: error,
      },
    );
  }
  const reason = REASONS[systemCode] ?? "no connection could be made";
  return new GstoreError(
    "PEER_UNREACHABLE",
    `${at} cannot be reached: ${reason}. Check that the node runs there and that no firewall is between.`,
    { address: at, ...(systemCode === "" ? {} : { systemCode }), retryable: true, cause: error },
  );
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was cut off",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no route to it",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name cannot be resolved now",
  ETIMEDOUT: "it does not answer",
};

/** The node at the address has another identity than the one that was asked for. */
export function mismatchError(address: PeerAddress, actual: PeerId): GstoreError {
  return new GstoreError(
    "PEER_MISMATCH",
    `${address.multiaddr} was dialled, but ${actual} answers there. Check the address; never use it if that node should have the expected id.`,
    { address: String(address.multiaddr), peer: actual },
  );
}

/** The node at the address shows no certificate with an Ed25519 key. */
export function noKeyError(address: PeerAddress): GstoreError {
  return new GstoreError(
    "HANDSHAKE_FAILED",
    `What answers at ${address.multiaddr} is no gstore node: it has no Ed25519 key.`,
    {
      address: String(address.multiaddr),
    },
  );
}

/** The node at the address is this one. */
export function selfError(address: PeerAddress): GstoreError {
  return new GstoreError("INVALID_ARGUMENT", `${address.multiaddr} is this node's own address.`, {
    address: String(address.multiaddr),
  });
}

/** Nothing came back in `DIAL_TIMEOUT_MS`. */
export function dialTimeoutError(address: PeerAddress): GstoreError {
  const at = String(address.multiaddr);
  return new GstoreError(
    "PEER_UNREACHABLE",
    `${at} does not answer. Check that the node runs there and that no firewall is between.`,
    { address: at, retryable: true },
  );
}

function handshakeCutOff(at: string, cause: GstoreError): GstoreError {
  return new GstoreError(
    "HANDSHAKE_FAILED",
    `${at} closed the connection during the handshake. Try again later.`,
    {
      address: at,
      retryable: true,
      cause,
    },
  );
}
