import { describe, expect, test } from "vitest";
import {
  type AddressRecordBody,
  type BlobSecret,
  decodeAddressRecord,
  decodeBlobSecrets,
  decodeCbor,
  decodeCertificateChain,
  decodeEntry,
  decodeManifestNode,
  decodeMembershipRecord,
  decodeMetadata,
  decodeTicket,
  type EntryBody,
  encodeAddressRecord,
  encodeAddressRecordBody,
  encodeBlobSecrets,
  encodeCertificateChain,
  encodeEntry,
  encodeEntryBody,
  encodeManifestNode,
  encodeMembershipBody,
  encodeMembershipRecord,
  encodeMetadata,
  encodeTicket,
  type ManifestNode,
  type MembershipBody,
  type Ticket,
  type VersionMetadata,
} from "../../src/index.ts";
import { codeOf, readVectors } from "../vector-files.ts";

interface Format {
  readonly decode: (bytes: Uint8Array) => unknown;
  /** The bytes again from the value that the vector states. */
  readonly encode?: (value: unknown, bytes: Uint8Array) => Uint8Array;
}

const membership: Format = {
  decode: (bytes) => {
    const { id, body, signature } = decodeMembershipRecord(bytes);
    return { id, body, signature };
  },
  encode: (value) => {
    const { body, signature } = value as { body: MembershipBody; signature: Uint8Array };
    return encodeMembershipRecord(encodeMembershipBody(body), signature);
  },
};

function readEntry(bytes: Uint8Array): unknown {
  const { id, signedRoot, signature, body } = decodeEntry(bytes);
  return { id, signedRoot, signature, body };
}

const formats: Readonly<Record<string, Format>> = {
  entry: {
    decode: readEntry,
    encode: (value, bytes) => {
      const { body, signature } = value as { body: EntryBody; signature: Uint8Array };
      const [, , , path] = decodeCbor(bytes, { bytesMax: 65536, what: "A vector" }) as [
        2,
        Uint8Array,
        Uint8Array | null,
        [number, number, Uint8Array[]],
      ];
      const siblings = path[2].map((hash) => `1e20${Buffer.from(hash).toString("hex")}` as never);
      const contents = { body: encodeEntryBody(body), sealed: body.sealed };
      return encodeEntry(contents, { index: path[0], count: path[1], siblings }, signature);
    },
  },
  // No longer written.
  "entry-1": { decode: readEntry },
  manifest: { decode: decodeManifestNode, encode: (value) => encodeManifestNode(value as ManifestNode) },
  "blob-secrets": {
    decode: (bytes) => decodeBlobSecrets(bytes, 3),
    encode: (value) => encodeBlobSecrets(value as BlobSecret[]),
  },
  metadata: { decode: decodeMetadata, encode: (value) => encodeMetadata(value as VersionMetadata) },
  membership,
  "membership-operations": membership,
  "address-record": {
    decode: (bytes) => {
      const { body, signature } = decodeAddressRecord(bytes);
      return { body, signature };
    },
    encode: (value) => {
      const { body, signature } = value as { body: AddressRecordBody; signature: Uint8Array };
      return encodeAddressRecord(encodeAddressRecordBody(body), signature);
    },
  },
  ticket: {
    decode: (bytes) => decodeTicket(Buffer.from(bytes).toString("latin1")),
    encode: (value) => Buffer.from(encodeTicket(value as Ticket)),
  },
};

for (const [name, { decode, encode }] of Object.entries(formats)) {
  const { valid, invalid } = readVectors(name);

  describe(name, () => {
    test.each(valid)("reads $name", ({ bytes, value }) => {
      expect(decode(bytes)).toEqual(value);
    });

    test.each(encode ? valid : [])("writes $name", ({ bytes, value }) => {
      expect(Buffer.from(encode?.(value, bytes) ?? []).toString("hex")).toBe(
        Buffer.from(bytes).toString("hex"),
      );
    });

    test.each(invalid)("refuses it where $name", ({ bytes, code }) => {
      expect(codeOf(() => decode(bytes))).toBe(code);
    });
  });
}

describe("a certificate chain", () => {
  const [first, second] = readVectors("membership").valid.map(({ bytes }) => decodeMembershipRecord(bytes));
  const chain = [first, second] as never;

  test("is read as it was written", () => {
    expect(decodeCertificateChain(encodeCertificateChain(chain))).toEqual(chain);
  });

  test("has 1 to 4 records", () => {
    expect(codeOf(() => decodeCertificateChain(encodeCertificateChain([])))).toBe("INVALID_FORMAT");
    const five = Array.from({ length: 5 }, () => first) as never;
    expect(codeOf(() => decodeCertificateChain(encodeCertificateChain(five)))).toBe("INVALID_FORMAT");
  });

  test("holds nothing but records", () => {
    expect(codeOf(() => decodeCertificateChain(Uint8Array.of(0x81, 0x01)))).toBe("INVALID_FORMAT");
  });
});
