import type { KeyObject, X509Certificate } from "node:crypto";
import { type PeerId, peerIdOfPublicKey } from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";

/** What node:tls needs to be a node: the certificate and its key, both PEM. */
export interface TlsCredentials {
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes the certificate a node shows in TLS: self-signed by its Ed25519 key, valid for ever, saying nothing but the key
 * (docs/spec/transport.md). The same key always gives the same bytes. Trust comes from the gstore handshake, not from it.
 */
export function createTlsCredentials(identity: NodeIdentity): TlsCredentials {
  const der = encodeCertificate(identity.publicKey, (bytes) => identity.sign(bytes));
  return { cert: pem("CERTIFICATE", der), key: exportPrivateKey(identity.privateKey) };
}

/** The PeerId of the key in a peer's certificate, or null where that is no Ed25519 key. TLS proved that the peer holds it. */
export function peerIdOfCertificate(certificate: X509Certificate | undefined): PeerId | null {
  if (certificate?.publicKey.asymmetricKeyType !== "ed25519") return null;
  const { x } = certificate.publicKey.export({ format: "jwk" });
  return x === undefined ? null : peerIdOfPublicKey(Buffer.from(x, "base64url"));
}

/** The DER bytes of the certificate. */
export function encodeCertificate(
  publicKey: Uint8Array,
  sign: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const ed25519 = sequence(tagged(0x06, Uint8Array.of(0x2b, 0x65, 0x70)));
  const name = sequence();
  const body = sequence(
    tagged(0xa0, tagged(0x02, Uint8Array.of(2))),
    tagged(0x02, Uint8Array.of(1)),
    ed25519,
    name,
    sequence(generalizedTime("20200101000000Z"), generalizedTime("99991231235959Z")),
    name,
    sequence(ed25519, bitString(publicKey)),
  );
  return sequence(body, ed25519, bitString(sign(body)));
}

/** One DER element. */
function tagged(tag: number, ...contents: Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...length), content]);
}

const sequence = (...contents: Uint8Array[]): Uint8Array => tagged(0x30, ...contents);
const bitString = (bytes: Uint8Array): Uint8Array => tagged(0x03, Uint8Array.of(0), bytes);
// Before 2050 RFC 5280 wants UTCTime.
const generalizedTime = (text: string): Uint8Array =>
  text < "2050" ? tagged(0x17, Buffer.from(text.slice(2))) : tagged(0x18, Buffer.from(text));

function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function exportPrivateKey(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
