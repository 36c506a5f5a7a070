import { parentPort } from "node:worker_threads";
import { SpaceKeys } from "@gstore/crypto";
import { sealChunk } from "./seal-chunk.ts";
import type { ChunkMessage, ReadyMessage, SealAnswer, SealMessage } from "./seal-messages.ts";

// The entry of a sealing thread: seals what WorkerSealer sends it, one chunk after the other.

const keysOf = new Map<string, SpaceKeys>();

parentPort?.on("message", (message: SealMessage) => {
  if (message.type === "keys") {
    keysOf.set(message.secrets.id, new SpaceKeys(message.secrets));
    return;
  }
  const answer: SealAnswer = {
    plain: message.plain,
    target: message.target,
    outcome: outcomeOf(message),
  };
  parentPort?.postMessage(answer, [answer.plain, answer.target]);
});

function outcomeOf(message: ChunkMessage): SealAnswer["outcome"] {
  const { space, plain, plainBytes, target, known } = message;
  const keys = keysOf.get(space);
  if (keys === undefined) return { error: new Error("a sealing thread has no keys of the space") };
  try {
    const options = { known, into: new Uint8Array(target) };
    const outcome = sealChunk(keys, new Uint8Array(plain, 0, plainBytes), options);
    if ("known" in outcome) return outcome;
    const { blob, digest, secret } = outcome.sealed;
    return { sealed: { digest, secret }, blobBytes: blob.length };
  } catch (error) {
    return { error };
  }
}

parentPort?.postMessage({ isReady: true } satisfies ReadyMessage);
