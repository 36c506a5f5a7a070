import {
  type CertificateChain,
  type ErrorCode,
  GstoreError,
  HANDSHAKE_BYTES_MAX,
  isGstoreError,
  type NetworkId,
} from "@gstore/core";
import { encodeFrame } from "./frame-codec.ts";
import {
  bindingBytes,
  checkHello,
  decodeHandshakeMessage,
  EXPORTER_BYTES,
  EXPORTER_LABEL,
  encodeHello,
  encodeRefusal,
  type HandshakeRole,
  type Hello,
  type HelloTerms,
  type Refusal,
  refusalCodeOf,
} from "./handshake.ts";
import { readFrame } from "./read-frame.ts";
import type { TlsLink } from "./tls-link.ts";

/** What a node brings to every handshake. */
export interface HandshakeTerms {
  readonly network: NetworkId;
  readonly certificate: CertificateChain;
  readonly agent: string;
  sign(bytes: Uint8Array): Uint8Array;
  readonly admit: HelloTerms["admit"];
  readonly verify: HelloTerms["verify"];
}

/** What a peer has shown in a handshake that it passed. */
export interface Shown {
  readonly certificate: CertificateChain;
  /** Name and version of its program, as it says. */
  readonly agent: string;
}

/**
 * Shakes hands as who dialled: says hello, then checks the answer. Resolves with what the peer has shown; the link is then
 * ready for its reader. Rejects with `WRONG_NETWORK`, `HANDSHAKE_FAILED`, `NOT_A_MEMBER`, `TOO_BUSY` or what `admit` throws.
 */
export async function shakeHandsAsDialler(link: TlsLink, terms: HandshakeTerms): Promise<Shown> {
  link.write(encodeFrame(sayHello(link, terms, "dialler")));
  const answer = await readMessage(link);
  if (answer.kind === "refusal") throw refusedError(answer.code, link);
  return check(link, terms, answer, "listener");
}

/**
 * Shakes hands as who was dialled: says nothing of this node before the dialler has shown a valid certificate of the
 * same network. On failure the dialler has been told a bare code.
 */
export async function shakeHandsAsListener(link: TlsLink, terms: HandshakeTerms): Promise<Shown> {
  try {
    const hello = await readMessage(link);
    if (hello.kind === "refusal") throw refusedError(hello.code, link);
    const shown = check(link, terms, hello, "dialler");
    link.write(encodeFrame(sayHello(link, terms, "listener")));
    return shown;
  } catch (error) {
    if (link.isOpen) link.write(encodeFrame(encodeRefusal(refusalCodeOf(error))));
    throw error;
  }
}

function sayHello(link: TlsLink, terms: HandshakeTerms, role: HandshakeRole): Uint8Array {
  const { network, certificate, agent } = terms;
  const signature = terms.sign(bindingBytes({ role, network, exporter: exporterOf(link) }));
  return encodeHello({ network, certificate, agent, signature });
}

function check(link: TlsLink, terms: HandshakeTerms, hello: Hello, role: HandshakeRole): Shown {
  const { network, admit, verify } = terms;
  const { peer } = link;
  const exporter = exporterOf(link);
  const certificate = checkHello(hello, { peer, role, network, exporter, admit, verify });
  return { certificate, agent: hello.agent };
}

function exporterOf(link: TlsLink): Uint8Array {
  return link.socket.exportKeyingMaterial(EXPORTER_BYTES, EXPORTER_LABEL, Buffer.alloc(0));
}

/** Reads one message and leaves what follows it to the link's next reader. */
async function readMessage(link: TlsLink): Promise<Hello | Refusal> {
  try {
    return decodeHandshakeMessage(await readFrame(link, HANDSHAKE_BYTES_MAX));
  } catch (cause) {
    if (isGstoreError(cause, "UNSUPPORTED_VERSION", "HANDSHAKE_FAILED")) throw cause;
    const { peer } = link;
    throw new GstoreError("HANDSHAKE_FAILED", `The handshake with ${peer} was cut off or is malformed.`, {
      peer,
      cause,
    });
  }
}

const REFUSALS: Partial<Record<ErrorCode, string>> = {
  WRONG_NETWORK: "it belongs to another network. Use an address of a node of your own network",
  NOT_A_MEMBER:
    "this node is no member of its network any more. Ask an admin of the network for an invitation",
  TOO_BUSY: "it has too many connections. Try again later",
  UNSUPPORTED_VERSION: "it speaks an older version of the handshake. Update gstore there",
};

function refusedError(code: ErrorCode, link: TlsLink): GstoreError {
  const known = REFUSALS[code];
  const reason =
    known ?? "it does not accept this node's certificate. Check that both belong to the same network";
  const address = String(link.address);
  return new GstoreError(known ? code : "HANDSHAKE_FAILED", `${address} refused the connection: ${reason}.`, {
    peer: link.peer,
    address,
    retryable: code === "TOO_BUSY",
  });
}
