import { constants } from "node:crypto";
import type { CommonConnectionOptions, ConnectionOptions, TlsOptions } from "node:tls";
import { HANDSHAKE_TIMEOUT_MS } from "@gstore/core";
import type { TlsCredentials } from "./tls-certificate.ts";
import type { AlpnName } from "./tls-link.ts";

/** AES-128 first: hardware does it fastest. The others are there for machines without AES instructions and for strict peers. */
const CIPHERS = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

/**
 * TLS 1.3 and nothing else, and only Ed25519 signatures. Node's own check of the chain is off, for there is no authority:
 * OpenSSL still verifies that the peer holds its certificate's key, and the PeerId is that key. Nothing is ever resumed:
 * clients pass no session, and without SSL_OP_NO_TICKET servers would honour tickets; with it they send ones that name
 * an entry of a cache that node:tls does not keep.
 */
const COMMON: CommonConnectionOptions & { sigalgs: string; ciphers: string } = {
  minVersion: "TLSv1.3",
  maxVersion: "TLSv1.3",
  ciphers: CIPHERS,
  sigalgs: "ed25519",
  rejectUnauthorized: false,
  secureOptions: constants.SSL_OP_NO_TICKET,
} as CommonConnectionOptions & { sigalgs: string; ciphers: string };

/** What the listening side of every link uses. Other protocols than those of `alpn` are not offered. */
export function serverTlsOptions(credentials: TlsCredentials, alpn: readonly AlpnName[]): TlsOptions {
  return {
    ...COMMON,
    ...credentials,
    requestCert: true,
    ALPNProtocols: [...alpn],
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  };
}

/** What the dialling side uses. No server name is sent: it would only tell listeners on the way who is looked for. */
export function clientTlsOptions(credentials: TlsCredentials, alpn: AlpnName): ConnectionOptions {
  return {
    ...COMMON,
    ...credentials,
    servername: "",
    ALPNProtocols: [alpn],
    checkServerIdentity: () => undefined,
  };
}
