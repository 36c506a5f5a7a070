import { createPublicKey, verify } from "node:crypto";
import {
  CERTIFICATE_CHAIN_MAX,
  type CertificateChain,
  DIGEST_BYTES,
  type Digest,
  decodeCbor,
  decodeCertificateChain,
  digestFromBytes,
  digestToBytes,
  ERROR_CODES,
  type ErrorCode,
  encodeCbor,
  encodeCertificateChain,
  errorCodeOfNumber,
  FieldReader,
  GstoreError,
  HANDSHAKE_BYTES_MAX,
  MEMBERSHIP_RECORD_BYTES_MAX,
  type NetworkId,
  type PeerId,
  publicKeyOfPeerId,
} from "@gstore/core";
import { AGENT_BYTES_MAX } from "./limits.ts";

/** The version of the gstore handshake, docs/spec/handshake.md. This file is the protocol without input and output. */
export const HANDSHAKE_VERSION = 1;
/** What the TLS exporter is asked for (RFC 8446 section 7.5). */
export const EXPORTER_LABEL = "EXPORTER-gstore-handshake-v1";
export const EXPORTER_BYTES = 32;

const KINDS = { hello: 1, refusal: 2 } as const;
const SIGNATURE_BYTES = 64;
const PRINTABLE = /^[ -~]*$/;

/** Who speaks: the dialler does so first. */
export type HandshakeRole = "dialler" | "listener";
const ROLE_BYTES: Record<HandshakeRole, number> = { dialler: 1, listener: 2 };

/** What a node says of itself. */
export interface Hello {
  readonly kind: "hello";
  readonly network: NetworkId;
  readonly certificate: CertificateChain;
  /** Name and version of the program; for people. Printable ASCII. */
  readonly agent: string;
  /** The node key's signature over {@link bindingBytes}. */
  readonly signature: Uint8Array;
}

/** The only other thing that is ever said: no, and why in one number. */
export interface Refusal {
  readonly kind: "refusal";
  readonly code: ErrorCode;
}

/** What a hello's signature binds together. */
export interface Binding {
  readonly role: HandshakeRole;
  readonly network: NetworkId;
  /** The TLS exporter's value: the same at both ends of one TLS session and nowhere else. */
  readonly exporter: Uint8Array;
}

/** The bytes a node signs in its hello. */
export function bindingBytes(binding: Binding): Uint8Array {
  return Buffer.concat([
    Buffer.from("gstore handshake v1\0"),
    Uint8Array.of(ROLE_BYTES[binding.role]),
    digestToBytes(binding.network as string as Digest),
    binding.exporter,
  ]);
}

export function encodeHello(hello: Omit<Hello, "kind">): Uint8Array {
  return encodeCbor([
    HANDSHAKE_VERSION,
    KINDS.hello,
    digestToBytes(hello.network as string as Digest),
    encodeCertificateChain(hello.certificate),
    hello.agent,
    hello.signature,
  ]);
}

export function encodeRefusal(code: ErrorCode): Uint8Array {
  return encodeCbor([HANDSHAKE_VERSION, KINDS.refusal, ERROR_CODES[code]]);
}

/** Decodes a handshake message strictly. The signature and the certificate are not checked yet. */
export function decodeHandshakeMessage(bytes: Uint8Array): Hello | Refusal {
  const what = "A handshake message";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: HANDSHAKE_BYTES_MAX, what }), what, {
    min: 3,
    max: 6,
  });
  fields.version(HANDSHAKE_VERSION);
  const kind = fields.integer("kind", { min: KINDS.hello, max: KINDS.refusal });
  return kind === KINDS.refusal ? decodeRefusal(bytes) : decodeHello(bytes);
}

/**
 * Accepts a hello or throws: its signature must be by `peer` (whom TLS proved) over this very session and role, its
 * certificate must make `peer` a member of the network it names, that network must be ours, and `admit` must agree.
 * `WRONG_NETWORK` comes after the certificate's check: only a proven member of another network learns that this is not
 * its own. Were it before, a stranger could ask, network by network, which one this node is in.
 */
export function checkHello(hello: Hello, terms: HelloTerms): CertificateChain {
  const { peer, role, network, exporter } = terms;
  if (!verifyBinding(hello, { peer, role, exporter })) {
    throw new GstoreError("HANDSHAKE_FAILED", "The handshake does not belong to this connection.", { peer });
  }
  try {
    terms.verify(hello.certificate, { subject: peer, networkId: hello.network });
  } catch (cause) {
    throw new GstoreError("HANDSHAKE_FAILED", "The peer's certificate is not valid.", { peer, cause });
  }
  if (hello.network !== network) {
    throw new GstoreError("WRONG_NETWORK", "The peer belongs to another network.", { peer });
  }
  terms.admit(peer, hello.certificate);
  return hello.certificate;
}

export interface HelloTerms {
  readonly peer: PeerId;
  /** The role of who sent the hello. */
  readonly role: HandshakeRole;
  readonly network: NetworkId;
  readonly exporter: Uint8Array;
  /** Throws where `certificate` does not make `subject` a member of the network. */
  verify(certificate: CertificateChain, claim: { subject: PeerId; networkId: NetworkId }): void;
  /** Throws where a member's certificate is not good enough: it was removed, say. */
  admit(peer: PeerId, certificate: CertificateChain): void;
}

/** The code that a failure is told to the peer as: as little as helps an honest one. */
export function refusalCodeOf(error: unknown): ErrorCode {
  const told: ErrorCode[] = ["WRONG_NETWORK", "NOT_A_MEMBER", "TOO_BUSY", "UNSUPPORTED_VERSION"];
  return error instanceof GstoreError && told.includes(error.code) ? error.code : "HANDSHAKE_FAILED";
}

function decodeHello(bytes: Uint8Array): Hello {
  const what = "A hello";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: HANDSHAKE_BYTES_MAX, what }), what, 6);
  fields.version(HANDSHAKE_VERSION);
  fields.integer("kind");
  const network = digestFromBytes(fields.bytes("network", DIGEST_BYTES)) as string as NetworkId;
  const chainBytesMax = CERTIFICATE_CHAIN_MAX * (MEMBERSHIP_RECORD_BYTES_MAX + 8);
  const certificate = decodeCertificateChain(fields.bytes("certificate", { max: chainBytesMax }));
  const agent = fields.text("agent", AGENT_BYTES_MAX);
  if (!PRINTABLE.test(agent)) throw new GstoreError("INVALID_FORMAT", `${what}: agent is not printable.`);
  return {
    kind: "hello",
    network,
    certificate,
    agent,
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  };
}

function decodeRefusal(bytes: Uint8Array): Refusal {
  const what = "A refusal";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: HANDSHAKE_BYTES_MAX, what }), what, 3);
  fields.version(HANDSHAKE_VERSION);
  fields.integer("kind");
  return { kind: "refusal", code: errorCodeOfNumber(fields.integer("code", { max: 65_535 })) };
}

function verifyBinding(
  hello: Hello,
  by: { peer: PeerId; role: HandshakeRole; exporter: Uint8Array },
): boolean {
  const x = Buffer.from(publicKeyOfPeerId(by.peer)).toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const bytes = bindingBytes({ role: by.role, network: hello.network, exporter: by.exporter });
  return verify(null, bytes, key, hello.signature);
}
