import {
  type BlobStore,
  type BulkChannel,
  type Digest,
  GstoreError,
  isGstoreError,
  type PeerId,
  type SpaceId,
} from "@gstore/core";
import { type BulkFrame, decodeBulkFrame, encodeBulkFrame } from "@gstore/p2p";
import type { ByteWindow } from "../byte-window.ts";
import type { BlobLeases } from "../collection/blob-leases.ts";
import type { Members } from "../membership/members.ts";
import type { Room } from "../placement/room.ts";
import { WorkLoop } from "../work-loop.ts";

export interface BulkServerOptions {
  readonly blobs: BlobStore;
  readonly members: Members;
  readonly leases: BlobLeases;
  /** Where it ends a push ends with `NODE_FULL`. */
  readonly room: Pick<Room, "assertHas">;
  /** Bounds the bytes received and not yet synced, all pushes together. */
  readonly window: ByteWindow;
}

/** Blobs read ahead of the one being sent: the disk works while the link does. */
const READ_AHEAD_BLOBS = 4;

/** Serves one bulk transfer that a member began: it fetches blobs from here, or pushes blobs to here. */
export async function serveBulk(
  options: BulkServerOptions,
  from: PeerId,
  channel: BulkChannel,
): Promise<void> {
  const opening = await nextFrame(channel);
  if (opening?.type === "fetch") {
    authorize(options.members.mayHold(from, opening.space), from, opening.space);
    await serveFetch(options.blobs, opening.space, channel);
  } else if (opening?.type === "push") {
    authorize(options.members.mayWrite(from, opening.space), from, opening.space);
    await servePush(options, opening.space, channel);
  } else if (opening !== null) {
    throw new GstoreError("PROTOCOL_VIOLATION", "A bulk transfer begins with neither fetch nor push.", {
      peer: from,
    });
  }
  await channel.end();
}

async function serveFetch(blobs: BlobStore, space: SpaceId, channel: BulkChannel): Promise<void> {
  for (let frame = await nextFrame(channel); frame !== null; frame = await nextFrame(channel)) {
    if (frame.type !== "want")
      throw new GstoreError("PROTOCOL_VIOLATION", `A fetch holds a ${frame.type} frame.`);
    const reading: Promise<BulkFrame>[] = [];
    const { digests } = frame;
    for (let index = 0; index < digests.length; index++) {
      while (reading.length < READ_AHEAD_BLOBS && index + reading.length < digests.length) {
        reading.push(readBlob(blobs, space, digests[index + reading.length] as Digest));
      }
      await channel.send(...encodeBulkFrame(await (reading.shift() as Promise<BulkFrame>)));
    }
  }
}

/** A damaged or unreadable blob, or another space's, is as good as missing to a peer: it asks elsewhere. */
async function readBlob(blobs: BlobStore, space: SpaceId, digest: Digest): Promise<BulkFrame> {
  try {
    return { type: "blob", digest, bytes: await blobs.get(digest, { space }) };
  } catch (error) {
    if (isGstoreError(error, "BLOB_NOT_FOUND", "BLOB_DAMAGED", "STORE_IO"))
      return { type: "missing", digest };
    throw error;
  }
}

async function servePush(
  { blobs, window, leases, room }: BulkServerOptions,
  space: SpaceId,
  channel: BulkChannel,
): Promise<void> {
  const acknowledger = new Acknowledger(channel);
  let failure: { error: unknown } | null = null;
  for (let frame = await nextFrame(channel); frame !== null; frame = await nextFrame(channel)) {
    if (frame.type !== "blob")
      throw new GstoreError("PROTOCOL_VIOLATION", `A push holds a ${frame.type} frame.`);
    const { digest, bytes } = frame;
    room.assertHas(bytes.length);
    await window.acquire(bytes.length);
    if (failure !== null) {
      window.release(bytes.length);
      break;
    }
    const number = acknowledger.expect();
    const size = bytes.length;
    // From before it is stored: there is no moment in which nothing keeps it.
    leases.grant(digest);
    blobs.put(digest, bytes, { space }).then(
      () => {
        window.release(size);
        channel.recycle(bytes);
        acknowledger.synced(number);
      },
      (error: unknown) => {
        failure ??= { error };
        window.release(bytes.length);
        acknowledger.fail(error);
      },
    );
  }
  await acknowledger.finished();
}

/** Tells the pushing side how many of its blobs are synced, in the order they came, a message for many where many are. */
class Acknowledger {
  readonly #channel: BulkChannel;
  readonly #early = new Set<number>();
  #expected = 0;
  #synced = 0;
  #told = 0;
  readonly #telling = new WorkLoop(() => this.#tell());
  #failure: { error: unknown } | null = null;
  #changed: () => void = () => {};

  constructor(channel: BulkChannel) {
    this.#channel = channel;
  }

  expect(): number {
    return this.#expected++;
  }

  synced(number: number): void {
    this.#early.add(number);
    while (this.#early.delete(this.#synced)) this.#synced++;
    void this.#telling.run();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#changed();
  }

  /** Resolves when all are synced and told; rejects where one failed. */
  async finished(): Promise<void> {
    while (this.#failure === null && this.#told < this.#expected) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
    if (this.#failure !== null) throw this.#failure.error;
  }

  async #tell(): Promise<void> {
    try {
      while (this.#told < this.#synced) {
        const count = this.#synced;
        await this.#channel.send(...encodeBulkFrame({ type: "stored", count }));
        this.#told = count;
      }
      this.#changed();
    } catch (error) {
      this.fail(error);
    }
  }
}

async function nextFrame(channel: BulkChannel): Promise<BulkFrame | null> {
  const bytes = await channel.receive();
  return bytes === null ? null : decodeBulkFrame(bytes);
}

function authorize(allowed: boolean, peer: PeerId, space: SpaceId): void {
  if (allowed) return;
  throw new GstoreError("REQUEST_REFUSED", `Your role does not allow this transfer in space ${space}.`, {
    peer,
  });
}
