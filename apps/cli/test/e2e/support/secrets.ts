import type { KeyObject } from "node:crypto";
import { join } from "node:path";
import { decodeTicket, evaluateMembership, isGstoreError } from "@gstore/core";
import { type KeyFileOptions, loadNetworkKeys, openSpaces, recoveryWords } from "@gstore/crypto";
import { passportOf } from "./hostile/hostile-member.ts";

/** A secret by a name for people, and every way in which it may be written down. */
export interface Secret {
  readonly what: string;
  readonly forms: readonly Buffer[];
}

/** The secrets that a node's folder holds: its own keys, the root's where it is there, and those of its spaces. */
export async function secretsOf(dir: string, options: KeyFileOptions = {}): Promise<Secret[]> {
  const { identity, records, networkId } = await passportOf(dir, options);
  const secrets = [
    secretBytes("the signing seed", rawOf(identity.privateKey)),
    secretBytes("the agreement key", rawOf(identity.agreementPrivateKey)),
  ];
  const { root } = await loadNetworkKeys(join(dir, "network.json"), options).catch(ifMissing);
  if (root !== null) {
    const seed = root.exportSeed();
    secrets.push(secretBytes("the root's seed", seed), ...secretWords(recoveryWords(seed)));
  }
  for (const space of openSpaces(evaluateMembership(records, networkId), identity)) {
    const { name, nameKey, chunkSeed, epochs } = space;
    secrets.push(secretBytes(`the name key of ${name}`, nameKey.export()));
    secrets.push(secretBytes(`the chunk seed of ${name}`, chunkSeed.export()));
    for (const { secret } of epochs) secrets.push(secretBytes(`an epoch of ${name}`, secret.export()));
  }
  return secrets;
}

/** A ticket and the secret in it. */
export function secretsOfTicket(ticket: string): Secret[] {
  return [
    secretText("a ticket", ticket),
    secretText("a part of a ticket", ticket.slice(-40)),
    secretBytes("a ticket's secret", decodeTicket(ticket).secret),
  ];
}

export function secretText(what: string, text: string): Secret {
  return { what, forms: [text, text.toUpperCase(), text.toLowerCase()].map((form) => Buffer.from(form)) };
}

/** The names of those secrets that are in the bytes. */
export function secretsIn(bytes: Buffer, secrets: readonly Secret[]): string[] {
  return secrets.filter(({ forms }) => forms.some((form) => bytes.includes(form))).map(({ what }) => what);
}

function secretWords(words: string): Secret[] {
  const some = words.split(" ").slice(4, 9);
  return [
    secretText("the recovery words", words),
    secretText("some of the recovery words", some.join(" ")),
    secretText("some of the recovery words, in a list", some.join('","')),
  ];
}

function secretBytes(what: string, bytes: Uint8Array): Secret {
  const raw = Buffer.from(bytes);
  const hex = raw.toString("hex");
  const base64 = raw.toString("base64").replace(/=+$/, "");
  const texts = [hex, hex.toUpperCase(), base64, raw.toString("base64url"), [...raw].join(",")];
  return { what, forms: [raw, ...texts.map((text) => Buffer.from(text))] };
}

function rawOf(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: "jwk" }).d as string, "base64url");
}

function ifMissing(error: unknown): { readonly root: null } {
  if (isGstoreError(error, "NOT_INITIALISED")) return { root: null };
  throw error;
}
