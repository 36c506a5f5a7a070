import { createCipheriv } from "node:crypto";
import {
  createNetworkSecrets,
  generateIdentity,
  type NodeIdentity,
  SpaceKeys,
  type SpaceSecrets,
} from "@gstore/crypto";

/** Bytes that look random and are the same in every run. */
export function randomBytes(length: number): Uint8Array {
  const key = Buffer.alloc(16, 3);
  return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Prose-like bytes: they compress about as well as source text. */
export function textBytes(length: number): Uint8Array {
  const choices = randomBytes(length);
  const words =
    "the file is stored on several nodes and every blob of it has a digest of its own , then ; return".split(
      " ",
    );
  let text = "";
  for (let index = 0; text.length < length; index++)
    text += `${words[(choices[index % length] ?? 0) % words.length]} `;
  return Buffer.from(text.slice(0, length));
}

/** Keys of a network's first space, and who writes in it. */
export function makeSpace(): { readonly keys: SpaceKeys; readonly author: NodeIdentity } {
  const [secrets] = createNetworkSecrets().spaces;
  return { keys: new SpaceKeys(secrets as SpaceSecrets), author: generateIdentity() };
}
