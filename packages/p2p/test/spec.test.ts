import { X509Certificate } from "node:crypto";
import { type CertificateChain, isGstoreError } from "@gstore/core";
import { createNetworkSecrets, issueCertificate, NodeIdentity, verifyCertificate } from "@gstore/crypto";
import { expect, test } from "vitest";
import {
  decodeBulkDialRequest,
  decodeBulkOpen,
  encodeBulkDialRequest,
  encodeBulkOpen,
} from "../src/bulk-open.ts";
import { BULK_SIGNS } from "../src/bulk-signs.ts";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import {
  bindingBytes,
  checkHello,
  decodeHandshakeMessage,
  encodeHello,
  encodeRefusal,
  type Hello,
} from "../src/handshake.ts";
import {
  decodeRequestFrame,
  decodeWireError,
  encodeRequestFrame,
  encodeWireError,
  type RequestFrame,
} from "../src/request-frames.ts";
import {
  decodeStrangerReply,
  decodeStrangerRequest,
  encodeStrangerAnswer,
  encodeStrangerRefusal,
  encodeStrangerRequest,
  strangerErrorOf,
} from "../src/stranger-messages.ts";
import { encodeCertificate, peerIdOfCertificate } from "../src/tls-certificate.ts";
import { readSpecPage } from "./spec-page.ts";

const transport = readSpecPage("transport.md");
const handshake = readSpecPage("handshake.md");
const bulk = readSpecPage("bulk.md");

const identity = new NodeIdentity({ signingSeed: Buffer.alloc(32, 2), agreementScalar: Buffer.alloc(32, 3) });
const secrets = createNetworkSecrets({ bytes: (length) => Buffer.alloc(length, 1), below: () => 0 });
const certificate: CertificateChain = [
  issueCertificate({
    secrets,
    identity,
    role: "writer",
    name: "laptop",
    spaces: null,
    parents: [],
    timeMs: 0,
  }),
];
const binding = { role: "dialler", network: secrets.networkId, exporter: Buffer.alloc(32, 4) } as const;
const token = Buffer.alloc(16, 5);
const full = { code: 35, message: "Full.", retryable: true };
const hex = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString("hex");

test("the certificate is written to the byte, and its key is read from it", () => {
  const bytes = transport.vector("certificate");
  expect(hex(encodeCertificate(identity.publicKey, (body) => identity.sign(body)))).toBe(hex(bytes));
  const parsed = new X509Certificate(bytes);
  expect(peerIdOfCertificate(parsed)).toBe("12D3KooWJWoaqZhDaoEFshF7Rh1bpY9ohihFhzcW6d69Lr2NASuq");
  expect(parsed.verify(parsed.publicKey)).toBe(true);
});

test("what is signed, the hello and the refusal are written to the byte and read", () => {
  expect(hex(bindingBytes(binding))).toBe(hex(handshake.vector("binding")));
  const signature = identity.sign(bindingBytes(binding));
  const hello = { network: secrets.networkId, certificate, agent: "gstore/1.0", signature };
  expect(hex(encodeHello(hello))).toBe(hex(handshake.vector("hello")));
  const read = decodeHandshakeMessage(handshake.vector("hello")) as Hello;
  expect(read).toMatchObject({ kind: "hello", network: secrets.networkId, agent: "gstore/1.0" });
  expect(hex(read.signature)).toBe(hex(signature));
  expect(read.certificate[0]?.id).toBe(certificate[0]?.id);
  expect(hex(encodeRefusal("WRONG_NETWORK"))).toBe(hex(handshake.vector("refusal")));
  expect(decodeHandshakeMessage(handshake.vector("refusal"))).toEqual({
    kind: "refusal",
    code: "WRONG_NETWORK",
  });
});

test.each(handshake.invalid("handshake"))("a handshake message is refused: %s", (reason, bytes) => {
  const code = reason.includes("UNSUPPORTED_VERSION") ? "UNSUPPORTED_VERSION" : "INVALID_FORMAT";
  expect(refusalOf(() => decodeHandshakeMessage(bytes))).toBe(code);
});

test("every byte of a hello counts: cut short anywhere it is refused", () => {
  const bytes = handshake.vector("hello");
  for (let length = 0; length < bytes.length; length++) {
    expect(refusalOf(() => decodeHandshakeMessage(bytes.subarray(0, length)))).toBe("INVALID_FORMAT");
  }
});

test("with any bit turned a hello is refused, but for the program's name, which proves nothing", () => {
  const bytes = handshake.vector("hello");
  const agentAt = Buffer.from(bytes).indexOf("gstore/1.0");
  const { role, network, exporter } = binding;
  const admit = (): void => {};
  const said = (hello: Uint8Array): string =>
    refusalOf(() => {
      const terms = { peer: identity.peerId, role, network, exporter, verify: verifyCertificate, admit };
      checkHello(decodeHandshakeMessage(hello) as Hello, terms);
    });
  expect(said(bytes)).toBe("nothing");
  const refusals = ["HANDSHAKE_FAILED", "INVALID_FORMAT", "UNSUPPORTED_VERSION", "INVALID_ARGUMENT"];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const isAgent = bit >> 3 >= agentAt && bit >> 3 < agentAt + "gstore/1.0".length;
    const changed = Uint8Array.from(bytes);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect([...refusals, ...(isAgent ? ["nothing"] : [])], `bit ${bit}`).toContain(said(changed));
  }
});

test("a stranger's request, its answer and the bare refusal are written to the byte and read", () => {
  const cases = {
    "join-request": encodeStrangerRequest(Buffer.from("hi")),
    "join-answer": encodeStrangerAnswer(Buffer.from("y")),
    "join-refusal": encodeStrangerRefusal(strangerErrorOf(new Error("secret"))),
  };
  for (const [name, bytes] of Object.entries(cases)) {
    expect(hex(encodeFrame(bytes))).toBe(hex(handshake.vector(name)));
  }
  expect(hex(decodeStrangerRequest(handshake.vector("join-request").subarray(4)))).toBe("6869");
  const reply = (name: string): Uint8Array =>
    decodeStrangerReply(handshake.vector(name).subarray(4), identity.peerId);
  expect(hex(reply("join-answer"))).toBe("79");
  expect(refusalOf(() => reply("join-refusal"))).toBe("REQUEST_REFUSED");
});

test.each(handshake.invalid("join-request"))("a stranger's request is refused: %s", (reason, bytes) => {
  const code = reason.includes("UNSUPPORTED_VERSION") ? "UNSUPPORTED_VERSION" : "INVALID_FORMAT";
  expect(refusalOf(() => decodeStrangerRequest(bytes))).toBe(code);
});

test("openings and the request for a connection are written to the byte and read", () => {
  expect(hex(encodeFrame(encodeBulkOpen({ starter: "dialler" })))).toBe(hex(bulk.vector("opening-dialler")));
  expect(hex(encodeFrame(encodeBulkOpen({ starter: "listener", token })))).toBe(
    hex(bulk.vector("opening-listener")),
  );
  expect(decodeBulkOpen(bulk.vector("opening-dialler").subarray(4))).toEqual({ starter: "dialler" });
  expect(decodeBulkOpen(bulk.vector("opening-listener").subarray(4))).toMatchObject({ starter: "listener" });
  expect(hex(encodeBulkDialRequest(token))).toBe(hex(bulk.vector("bulk-dial-request")));
  expect(hex(decodeBulkDialRequest(bulk.vector("bulk-dial-request")))).toBe(hex(token));
});

test("signs and frames of a transfer are written to the byte", () => {
  const { begin, end, error } = BULK_SIGNS;
  const hello = [
    frameHeader(begin),
    encodeFrame(Buffer.from("hi")),
    encodeFrame(new Uint8Array(0)),
    frameHeader(end),
  ];
  expect(hex(...hello)).toBe(hex(bulk.vector("transfer")));
  expect(hex(frameHeader(error), encodeFrame(encodeWireError(full)))).toBe(
    hex(bulk.vector("transfer-error")),
  );
});

const frames: [string, RequestFrame][] = [
  ["request", { kind: "request", id: 7, payload: Buffer.from("hi") }],
  ["response", { kind: "response", id: 300, payload: Buffer.alloc(0) }],
  ["error", { kind: "error", id: 7, payload: Buffer.from(encodeWireError(full)) }],
  ["cancel", { kind: "cancel", id: 70_000 }],
];

test.each(frames)("a frame with a %s is written to the byte and read", (name, frame) => {
  const bytes = bulk.vector(name);
  expect(hex(encodeFrame(Buffer.concat(encodeRequestFrame(frame))))).toBe(hex(bytes));
  const read = decodeRequestFrame(bytes.subarray(4));
  expect(read).toEqual(frame);
  if (read.kind === "error") expect(decodeWireError(read.payload)).toEqual(full);
});

test.each(bulk.invalid("request"))("a request frame is refused: %s", (_reason, bytes) => {
  expect(refusalOf(() => decodeRequestFrame(bytes))).toBe("INVALID_FORMAT");
});

test("no vector of the pages is left out", () => {
  const names = [...transport.names, ...handshake.names, ...bulk.names];
  expect(names).toHaveLength(19);
});

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return isGstoreError(error) ? error.code : String(error);
  }
  return "nothing";
}
