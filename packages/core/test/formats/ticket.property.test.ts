import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeTicket,
  encodeTicket,
  isGstoreError,
  networkIdOfRootKey,
  peerIdOfPublicKey,
  type Ticket,
} from "../../src/index.ts";
import { codeOf } from "../vector-files.ts";

const SEED = 20_261;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const address = fc
  .tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }))
  .map(([host, port]) => `/ip4/${host}/tcp/${port}`);
const tickets: fc.Arbitrary<Ticket> = fc.record({
  network: key.map(networkIdOfRootKey),
  issuer: key.map(peerIdOfPublicKey),
  addresses: fc.array(address, { maxLength: 8 }),
  secret: fc.uint8Array({ minLength: 16, maxLength: 32 }),
  expiresMs: fc.option(fc.integer({ min: 0, max: 2 ** 45 })),
});

const fixed: Ticket = {
  network: networkIdOfRootKey(new Uint8Array(32).fill(1)),
  issuer: peerIdOfPublicKey(new Uint8Array(32).fill(2)),
  addresses: ["/ip4/192.0.2.7/tcp/4001"],
  secret: new Uint8Array(16).fill(3),
  expiresMs: 1_700_000_000_000,
};

describe("a ticket", () => {
  test("is one word that begins with gstore, and reads as it was written", () => {
    fc.assert(
      fc.property(tickets, (ticket) => {
        const text = encodeTicket(ticket);
        expect(text).toMatch(/^gstore[a-z2-7]+$/);
        expect(decodeTicket(`\n ${text}\r\n`)).toEqual(ticket);
      }),
      { seed: SEED },
    );
  });

  test("with any character changed is refused", () => {
    fc.assert(
      fc.property(tickets, fc.nat(), fc.constantFrom(...ALPHABET, ..."AZ018-=/ é"), (ticket, at, other) => {
        const text = encodeTicket(ticket);
        const place = at % text.length;
        fc.pre(text[place] !== other && (other !== " " || (place > 0 && place < text.length - 1)));
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        expect(codeOf(() => decodeTicket(changed))).toBe("TICKET_INVALID");
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("with each single character of one changed to each other is refused", () => {
    const text = encodeTicket(fixed);
    for (let place = 0; place < text.length; place++) {
      for (const other of ALPHABET) {
        if (other === text[place]) continue;
        const changed = text.slice(0, place) + other + text.slice(place + 1);
        expect(
          codeOf(() => decodeTicket(changed)),
          `${place} ${other}`,
        ).toBe("TICKET_INVALID");
      }
    }
  });

  test("cut at any place, doubled or with something behind it is refused", () => {
    const text = encodeTicket(fixed);
    for (let length = 0; length < text.length; length++)
      expect(codeOf(() => decodeTicket(text.slice(0, length)))).toBe("TICKET_INVALID");
    for (const other of [text + text, `${text}a`, `${text} x`, text.toUpperCase(), `x${text}`])
      expect(codeOf(() => decodeTicket(other))).toBe("TICKET_INVALID");
  });

  test("is refused without being quoted", () => {
    const text = encodeTicket(fixed);
    for (const changed of [`${text.slice(0, 60)}9${text.slice(61)}`, text.slice(0, 80)]) {
      try {
        decodeTicket(changed);
        expect.unreachable();
      } catch (error) {
        expect(isGstoreError(error)).toBe(true);
        expect(String(error)).not.toContain(text.slice(20, 30));
        expect((error as Error).cause).toBeUndefined();
      }
    }
  });

  test("that nobody would read is not written", () => {
    const cases: Partial<Ticket>[] = [
      { secret: new Uint8Array(15) },
      { secret: new Uint8Array(33) },
      { addresses: Array.from({ length: 9 }, () => "/ip4/192.0.2.7/tcp/1") },
      { addresses: ["/dns4/a b/tcp/1"] },
      { addresses: ["x".repeat(257)] },
      { expiresMs: -1 },
    ];
    for (const parts of cases)
      expect(codeOf(() => encodeTicket({ ...fixed, ...parts }))).toBe("TICKET_INVALID");
  });

  test("anything else is no ticket, however long", () => {
    expect(codeOf(() => decodeTicket(`gstore${"a".repeat(1_000_000)}`))).toBe("TICKET_INVALID");
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(codeOf(() => decodeTicket(`gstore${text}`))).toBe("TICKET_INVALID");
      }),
      { seed: SEED },
    );
  });
});
