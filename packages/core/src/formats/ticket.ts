import { base32 } from "multiformats/bases/base32";
import { decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestOf, digestToBytes } from "../digest.ts";
import { GstoreError, isGstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import { ID_BYTES, type NetworkId, type PeerId, peerIdOfPublicKey, publicKeyOfPeerId } from "../ids.ts";
import { TICKET_ADDRESSES_MAX, TICKET_CHARACTERS_MAX } from "../limits.ts";

/** The format version of tickets, docs/spec/tickets.md. */
export const TICKET_VERSION = 1;
const WORD = "gstore";
const CHECKSUM_BYTES = 4;
const SECRET_BYTES = { min: 16, max: 32 };
const ADDRESS_BYTES_MAX = 256;
const ADDRESS = /^[\x21-\x7e]+$/;
const CHECKSUM_TAG: Uint8Array = Buffer.from("gstore ticket v1\0");

/** What it takes to join a network: whoever has it and comes in time may redeem it with its issuer. */
export interface Ticket {
  readonly network: NetworkId;
  /** The node that made the ticket, and that alone redeems it. */
  readonly issuer: PeerId;
  /** Where the issuer may be reached, best first; at most `TICKET_ADDRESSES_MAX`. */
  readonly addresses: readonly string[];
  /** 16 to 32 random bytes that the issuer knows this invite by. */
  readonly secret: Uint8Array;
  /** The issuer's clock in milliseconds since 1970; null where it does not expire. For people: the issuer decides. */
  readonly expiresMs: number | null;
}

/** A ticket as one word of small letters and digits that begins with `gstore`. Throws `TICKET_INVALID` for one that nobody would read. */
export function encodeTicket(ticket: Ticket): string {
  const payload = encodeCbor([
    TICKET_VERSION,
    digestToBytes(ticket.network as string as Digest),
    publicKeyOfPeerId(ticket.issuer),
    ticket.addresses,
    ticket.secret,
    ticket.expiresMs,
  ]);
  const text = WORD + base32.baseEncode(Buffer.concat([payload, checksumOf(payload)]));
  decodeTicket(text);
  return text;
}

/**
 * Reads a ticket, white space around it aside. Throws `TICKET_INVALID` for anything else, so for one that lost or changed
 * a character; `UNSUPPORTED_VERSION` for a later version's. No error quotes it: a ticket is a secret.
 */
export function decodeTicket(text: string): Ticket {
  const word = text.trim();
  if (!word.startsWith(WORD)) throw refusal("it does not begin with gstore");
  if (word.length > TICKET_CHARACTERS_MAX) throw refusal("it is too long");
  const bytes = bytesOf(word.slice(WORD.length));
  const payload = bytes.subarray(0, -CHECKSUM_BYTES);
  if (Buffer.compare(bytes.subarray(-CHECKSUM_BYTES), checksumOf(payload)) !== 0)
    throw refusal("a character is missing or was changed");
  try {
    return decodePayload(payload);
  } catch (error) {
    if (isGstoreError(error, "INVALID_FORMAT", "TOO_LARGE")) throw refusal("its content is not a ticket's");
    throw error;
  }
}

function decodePayload(payload: Uint8Array): Ticket {
  const what = "A ticket";
  const fields = new FieldReader(decodeCbor(payload, { bytesMax: TICKET_CHARACTERS_MAX, what }), what, 6);
  fields.version(TICKET_VERSION);
  return {
    network: digestFromBytes(fields.bytes("network", DIGEST_BYTES)) as string as NetworkId,
    issuer: peerIdOfPublicKey(fields.bytes("issuer", ID_BYTES.publicKey)),
    addresses: fields.array("addresses", { max: TICKET_ADDRESSES_MAX }).map((address) => {
      const text = new FieldReader([address], what, 1).text("address", ADDRESS_BYTES_MAX);
      if (ADDRESS.test(text)) return text;
      throw new GstoreError("INVALID_FORMAT", "A ticket has an address with a character that none has.");
    }),
    secret: fields.bytes("secret", SECRET_BYTES),
    expiresMs: fields.integerOrNull("expires"),
  };
}

function bytesOf(text: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = base32.baseDecode(text);
  } catch {
    // The library's error quotes the text.
    throw refusal("it has a character that no ticket has, or was cut");
  }
  // Left-over bits could otherwise be turned without changing a byte.
  if (bytes.length <= CHECKSUM_BYTES || base32.baseEncode(bytes) !== text)
    throw refusal("it was cut or changed");
  return bytes;
}

/** The first bytes of BLAKE3 over a tag and the payload: finds slips of the hand, protects from nobody. */
function checksumOf(payload: Uint8Array): Uint8Array {
  const digest = digestOf(Buffer.concat([CHECKSUM_TAG, payload]));
  return digestToBytes(digest).subarray(0, CHECKSUM_BYTES);
}

function refusal(reason: string): GstoreError {
  return new GstoreError(
    "TICKET_INVALID",
    `That is no valid ticket: ${reason}. Copy all of it again, or ask for a new one (gstore invite).`,
  );
}
