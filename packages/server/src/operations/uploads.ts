import {
  type Digest,
  digestOf,
  type Entry,
  GstoreError,
  isGstoreError,
  parseKeyName,
  type VersionMetadata,
} from "@gstore/core";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { describe, type PutOutcome } from "../put-file.ts";
import { sourceSlices } from "../source-slices.ts";
import { bytesOfSource } from "../sources.ts";
import { FINISHED_UPLOAD_KEPT_MS, UPLOAD_BYTES_MAX, UPLOAD_IDLE_MS } from "../uploads/limits.ts";
import { UploadAppender } from "../uploads/upload-appender.ts";
import type { UploadRecord } from "../uploads/upload-record.ts";
import { newSession, sessionOf, type UploadSession } from "../uploads/upload-session.ts";
import type { AppendOptions, UploadOperations, UploadOptions, UploadStatus } from "../uploads/uploads-api.ts";
import { assertMayWrite, spaceOf } from "./space-of.ts";
import { inSlots, placeVersion, SLOTS_OF_LARGE_PUT, waitForCopies } from "./store-file.ts";
import { refuseBadOptions } from "./store-options.ts";

const ID_BYTES = 16;
const NOTHING: Digest = digestOf(new Uint8Array(0));

/** See `UploadOperations`. */
export function uploadsOf(parts: () => NodeParts): UploadOperations {
  return {
    create: async (key, options) => await createUpload(parts(), key, options),
    status: async (id) => {
      const running = parts();
      return await running.uploads.alone(id, async () => statusOf(running, running.uploads.get(id)));
    },
    find: (id) => statusOf(parts(), parts().uploads.get(id)),
    append: async (id, source, options) => await appendUpload(parts(), id, bytesOfSource(source), options),
    remove: async (id) => {
      const { uploads } = parts();
      uploads.get(id);
      await uploads.alone(id, () => uploads.remove(id));
    },
  };
}

async function createUpload(
  parts: NodeParts,
  key: string,
  { length, owner = "", ...options }: UploadOptions,
): Promise<UploadStatus> {
  const name = parseKeyName(key);
  refuseBadOptions({ ...options, size: length });
  if (length > UPLOAD_BYTES_MAX) {
    const message = `A file that is uploaded in pieces has at most ${UPLOAD_BYTES_MAX} bytes.`;
    throw new GstoreError("TOO_LARGE", message, { limit: UPLOAD_BYTES_MAX, actual: length });
  }
  const space = spaceOf(parts, options.space);
  assertMayWrite(parts, space);
  const keyId = space.keys.keyIdOf(name);
  const nothing = { size: 0, contentDigest: NOTHING, rootSecret: null };
  const record: UploadRecord = {
    id: Buffer.from(parts.random.bytes(ID_BYTES)).toString("hex"),
    ...{ owner, space: space.id, keyId, length, copies: options.copies ?? null, content: null },
    sealed: space.keys.sealMetadata({ space: space.id, keyId }, describe(name, options, nothing)),
    expiresMs: parts.clock.now() + UPLOAD_IDLE_MS,
    version: null,
  };
  await parts.uploads.add(record);
  return statusOf(parts, record);
}

async function appendUpload(
  parts: NodeParts,
  id: string,
  source: AsyncIterable<Uint8Array>,
  given: AppendOptions,
): ReturnType<UploadOperations["append"]> {
  const { uploads } = parts;
  return await uploads.alone(id, async (stop) => {
    const record = uploads.get(id);
    const status = statusOf(parts, record);
    if (given.offset !== status.offset) {
      const message = `The upload has ${status.offset} bytes, not ${given.offset}: go on from there.`;
      throw new GstoreError("INVALID_ARGUMENT", message, { actual: status.offset });
    }
    if (record.version !== null) return { ...status, stored: null };
    const { space } = opened(parts, record);
    assertMayWrite(parts, space);
    const signals = [parts.stopping, stop, ...(given.signal === undefined ? [] : [given.signal])];
    const signal = AbortSignal.any(signals);
    const done = await inSlots(parts, SLOTS_OF_LARGE_PUT, signal, () =>
      appendTo(parts, record, sourceSlices(source, signal), given.isWhole === true),
    );
    if (done.outcome === null) return { ...statusOf(parts, done.record), stored: null };
    const [stored] = await Promise.all([
      waitForCopies(parts, status.key, done.outcome, {
        ...(record.copies !== null && { copies: record.copies }),
        signal,
      }),
      parts.names.refresh(),
    ]);
    return { ...statusOf(parts, done.record), stored };
  });
}

interface Appended {
  readonly record: UploadRecord;
  /** Null while there is more to come. */
  readonly outcome: PutOutcome | null;
}

/** Whatever fails but the source, the upload is as it was when it was last written down. */
async function appendTo(
  parts: NodeParts,
  record: UploadRecord,
  slices: AsyncGenerator<Uint8Array>,
  isWhole: boolean,
): Promise<Appended> {
  const { uploads, stopping: signal, disk, sealer, putWindow, replication, clock } = parts;
  const { space, metadata } = opened(parts, record);
  const session = await sessionFor(parts, record);
  const appender = new UploadAppender(record, {
    ...{ blobs: disk.blobs, sealer, window: putWindow, uploads, space, metadata, session, signal },
    push: replication.beginPush(space.id, [], false),
    expiresMs: () => clock.now() + UPLOAD_IDLE_MS,
  });
  // Until it is as the disk has it: what breaks in between is read again from there.
  uploads.dropSession(record.id);
  let broken: { readonly error: unknown } | null = null;
  async function* untilBroken(): AsyncGenerator<Uint8Array> {
    try {
      yield* slices;
    } catch (error) {
      broken = { error };
    }
  }
  try {
    await appender.take(untilBroken(), { saves: !isWhole });
    const failure = broken as { readonly error: unknown } | null;
    if (failure !== null && isWhole) throw failure.error;
    if (appender.offset === record.length) return await finishUpload(parts, record, { space, appender });
    const saved = await appender.save();
    uploads.keepSession(record.id, session);
    if (failure !== null) throw failure.error;
    return { record: saved, outcome: null };
  } catch (error) {
    await appender.abandon(error);
    throw error;
  }
}

async function sessionFor(parts: NodeParts, record: UploadRecord): Promise<UploadSession> {
  const { uploads, disk, stopping } = parts;
  const { space, metadata } = opened(parts, record);
  const known = uploads.session(record.id);
  if (known !== undefined && known.state === space.state) return known;
  const { content } = record;
  if (content === null || metadata.rootSecret === null) return newSession(space);
  const soFar = { root: content, secret: metadata.rootSecret, size: metadata.size };
  try {
    return await sessionOf({ blobs: disk.blobs, space, signal: stopping }, soFar);
  } catch (error) {
    if (!isGstoreError(error, "BLOB_NOT_FOUND", "BLOB_DAMAGED", "SEAL_BROKEN", "INVALID_FORMAT")) throw error;
    await uploads.remove(record.id);
    const message = "What had come of this upload can't be read any more: begin anew.";
    throw new GstoreError("KEY_NOT_FOUND", message, { cause: error });
  }
}

/** All has come: the file becomes a version of its key. */
async function finishUpload(
  parts: NodeParts,
  record: UploadRecord,
  { space, appender }: { readonly space: OpenSpace; readonly appender: UploadAppender },
): Promise<Appended> {
  const { author, clock, replication, uploads, stopping: signal } = parts;
  const { content, storedBytes, metadata, digest } = await appender.finish();
  const { keyId } = record;
  const options = record.copies === null ? {} : { copies: record.copies };
  const placed = await placeVersion(parts, { space, name: metadata.name, options, signal });
  const entry = await author.write({
    ...{ space: space.id, keyId, op: "put", content, storedBytes, blob: null },
    ...{ policyClass: placed.policyClass, placement: placed.placement },
    sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
    written: (written: Entry) => replication.announce(written, placed.targets, []),
  });
  // Whoever did not hear the answer finds that it is done.
  const nothing: VersionMetadata = { ...metadata, size: 0, contentDigest: NOTHING, rootSecret: null };
  const done: UploadRecord = {
    ...record,
    content: null,
    sealed: space.keys.sealMetadata({ space: space.id, keyId }, nothing),
    expiresMs: clock.now() + FINISHED_UPLOAD_KEPT_MS,
    version: entry.id,
  };
  await uploads.replace(done);
  const { size } = metadata;
  return { record: done, outcome: { entry, digest, size, newBytes: appender.newBytes } };
}

function opened(
  { spaces }: NodeParts,
  { space: id, keyId, content, sealed }: UploadRecord,
): { readonly space: OpenSpace; readonly metadata: VersionMetadata } {
  const space = spaces.get(id);
  if (space === undefined)
    throw new GstoreError("SPACE_NOT_FOUND", "This node has no keys of the upload's space any more.");
  return {
    space,
    metadata: space.keys.openMetadata({ body: { space: id, keyId, op: "put", content, sealed } }),
  };
}

function statusOf(parts: NodeParts, record: UploadRecord): UploadStatus {
  const { space, metadata } = opened(parts, record);
  const { id, length, expiresMs, version } = record;
  const offset = version === null ? metadata.size : length;
  return { id, space: space.name, key: metadata.name, length, offset, expiresMs, version };
}
