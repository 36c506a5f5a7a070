import { decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import { ID_BYTES, type NetworkId, type PeerId, peerIdOfPublicKey, publicKeyOfPeerId } from "../ids.ts";
import { ADDRESS_BYTES_MAX, ADDRESS_RECORD_BYTES_MAX, ADDRESSES_PER_RECORD_MAX } from "../limits.ts";

/** The format version of address records, docs/spec/address-record.md. */
export const ADDRESS_RECORD_VERSION = 1;
const SIGNATURE_BYTES = 64;
const ADDRESS = /^[\x21-\x7e]+$/;
const SIGNING_TAG: Uint8Array = Buffer.from("gstore address record v1\0");
const WHAT = "An address record";

/** Where a node can be dialled, in its own words. */
export interface AddressRecordBody {
  readonly network: NetworkId;
  readonly peer: PeerId;
  /** Of two records of one node the one with the higher number holds. */
  readonly sequence: number;
  /** Multiaddrs without `/p2p/…`, best first; at most `ADDRESSES_PER_RECORD_MAX`. None: it can't be dialled. */
  readonly addresses: readonly string[];
}

export interface AddressRecord {
  readonly body: AddressRecordBody;
  /** What was signed, after {@link addressRecordSigningBytes}. */
  readonly bodyBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** As it was signed and travels: never encoded anew. */
  readonly bytes: Uint8Array;
}

/** The body as it is signed. Throws `INVALID_FORMAT` or `TOO_LARGE` for one that nobody would read. */
export function encodeAddressRecordBody(body: AddressRecordBody): Uint8Array {
  const bytes = encodeCbor([
    ADDRESS_RECORD_VERSION,
    digestToBytes(body.network as string as Digest),
    publicKeyOfPeerId(body.peer),
    body.sequence,
    body.addresses,
  ]);
  decodeBody(bytes);
  return bytes;
}

/** What a node signs of an encoded body. */
export function addressRecordSigningBytes(bodyBytes: Uint8Array): Uint8Array {
  return Buffer.concat([SIGNING_TAG, bodyBytes]);
}

export function encodeAddressRecord(bodyBytes: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeCbor([bodyBytes, signature]);
}

/** Reads a record, strictly; whether its signature holds is another matter. Throws `INVALID_FORMAT`, `TOO_LARGE` or `UNSUPPORTED_VERSION`. */
export function decodeAddressRecord(bytes: Uint8Array): AddressRecord {
  const fields = new FieldReader(
    decodeCbor(bytes, { bytesMax: ADDRESS_RECORD_BYTES_MAX, what: WHAT }),
    WHAT,
    2,
  );
  const bodyBytes = fields.bytes("body", { max: ADDRESS_RECORD_BYTES_MAX });
  const signature = fields.bytes("signature", SIGNATURE_BYTES);
  return { body: decodeBody(bodyBytes), bodyBytes, signature, bytes: Uint8Array.from(bytes) };
}

function decodeBody(bytes: Uint8Array): AddressRecordBody {
  const fields = new FieldReader(
    decodeCbor(bytes, { bytesMax: ADDRESS_RECORD_BYTES_MAX, what: WHAT }),
    WHAT,
    5,
  );
  fields.version(ADDRESS_RECORD_VERSION);
  return {
    network: digestFromBytes(fields.bytes("network", DIGEST_BYTES)) as string as NetworkId,
    peer: peerIdOfPublicKey(fields.bytes("node", ID_BYTES.publicKey)),
    sequence: fields.integer("sequence", { min: 1 }),
    addresses: fields.array("addresses", { max: ADDRESSES_PER_RECORD_MAX }).map((address) => {
      const text = new FieldReader([address], WHAT, 1).text("address", ADDRESS_BYTES_MAX);
      if (ADDRESS.test(text)) return text;
      throw new GstoreError("INVALID_FORMAT", `${WHAT} has an address with a character that none has.`);
    }),
  };
}
