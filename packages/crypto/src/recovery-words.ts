import { GstoreError } from "@gstore/core";
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { KEY_BYTES } from "./key-derivation.ts";

const WORDS = 24;
const KNOWN: ReadonlySet<string> = new Set(wordlist);

/** The 24 words (BIP-39, English) that stand for a root seed of 32 bytes. They are as secret as the seed. */
export function recoveryWords(seed: Uint8Array): string {
  return entropyToMnemonic(seed, wordlist);
}

/**
 * The seed of 24 words, however they are spaced and in capitals or not. Throws `INVALID_ARGUMENT` that names the position
 * of a word that is none of the list's, or says that a word is wrong or out of its place; never a word itself.
 */
export function seedOfRecoveryWords(text: string): Uint8Array {
  const words = text.normalize("NFKD").toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length !== WORDS) {
    throw refusal(`There have to be ${WORDS} words, not ${words.length}.`);
  }
  const unknown = words.findIndex((word) => !KNOWN.has(word));
  if (unknown !== -1) throw refusal(`Word ${unknown + 1} is none of the list's. Look for a slip in it.`);
  try {
    const seed = mnemonicToEntropy(words.join(" "), wordlist);
    if (seed.length === KEY_BYTES) return seed;
  } catch {
    // Below: the library's error may quote the words.
  }
  throw refusal(
    "A word is wrong or out of its place: their checksum does not fit. Compare each with your copy.",
  );
}

function refusal(reason: string): GstoreError {
  return new GstoreError("INVALID_ARGUMENT", `These are no recovery words. ${reason}`);
}
