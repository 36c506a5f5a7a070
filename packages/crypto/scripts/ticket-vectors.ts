import { decodeTicket, digestOf, encodeTicket, type Ticket } from "@gstore/core";
import { seedOfPrivateKey } from "../src/asymmetric-keys.ts";
import { RootKey } from "../src/index.ts";
import { fixedBytes, fixedIdentity, fixedSecrets } from "../test/fixtures.ts";
import { bad, type Change, change } from "./invalid-vectors.ts";

const identity = fixedIdentity("vectors");
const root = new RootKey(seedOfPrivateKey(fixedSecrets("vectors").rootPrivateKey));

/** Tickets, as the bytes of their text. */
export function ticketVectors(): unknown {
  const ticket: Ticket = {
    network: root.networkId,
    issuer: identity.peerId,
    addresses: ["/ip4/192.0.2.7/tcp/4001", "/dns4/nas.example/tcp/4001"],
    secret: fixedBytes("ticket", 16),
    expiresMs: 1_700_000_000_000,
  };
  const bare: Ticket = { ...ticket, addresses: [], secret: fixedBytes("ticket", 32), expiresMs: null };
  const text = encodeTicket(ticket);
  const invalid = (name: string, changed: string) => bad(name, Buffer.from(changed), "TICKET_INVALID");
  return {
    valid: [
      { name: "two addresses, for a day", bytes: Buffer.from(text), value: decodeTicket(text) },
      { name: "no address, for ever", bytes: Buffer.from(encodeTicket(bare)), value: bare },
    ],
    invalid: [
      invalid(
        "a character is changed",
        `${text.slice(0, 50)}${text[50] === "a" ? "b" : "a"}${text.slice(51)}`,
      ),
      invalid("it is cut", text.slice(0, -1)),
      invalid("it has a character too many", `${text}a`),
      invalid("it is in capitals", text.toUpperCase()),
      invalid("it begins with another word", text.replace("gstore", "gstorf")),
      invalid("it is empty", ""),
      invalid("it is the word alone", "gstore"),
      bad("it is of version 2", Buffer.from(resealed(text, [[0], 2])), "UNSUPPORTED_VERSION"),
      invalid("its secret has 15 bytes", resealed(text, [[4], Buffer.alloc(15)])),
      invalid("an address has a space", resealed(text, [[3, 0], "/dns4/a b/tcp/1"])),
      invalid("it has a field too many", resealed(text, [[6], null])),
    ],
  };
}

/** The ticket with a changed payload under a checksum that fits. */
function resealed(text: string, part: Change): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const bits = [...text.slice(6)].map((one) => alphabet.indexOf(one).toString(2).padStart(5, "0")).join("");
  const bytes = Uint8Array.from({ length: bits.length >> 3 }, (_, at) =>
    Number(`0b${bits.slice(at * 8, at * 8 + 8)}`),
  );
  const payload = change(bytes.subarray(0, -4), [part]);
  const tag = Buffer.concat([Buffer.from("gstore ticket v1\0"), payload]);
  const all = Buffer.concat([payload, Buffer.from(digestOf(tag).slice(4, 12), "hex")]);
  const binary = [...all].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const groups = binary.match(/.{1,5}/g) ?? [];
  return `gstore${groups.map((group) => alphabet[Number(`0b${group.padEnd(5, "0")}`)]).join("")}`;
}
