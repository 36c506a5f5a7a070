import { type Entry, GstoreError, type NamedRecord, parseKeyName, type VersionMetadata } from "@gstore/core";
import type { ByteRange, FileInfo, GetResult } from "../api.ts";
import { resolveRange } from "../byte-range.ts";
import { findKey } from "../find-key.ts";
import type { FileOptions } from "../history-api.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { readFile } from "../read-file.ts";
import { fileInfoOf, findFileVersion, keyPlace } from "./find-version.ts";
import { spaceOf } from "./space-of.ts";

/** See `GstoreNode.stat`. */
export async function statFile(parts: NodeParts, key: string, options: FileOptions): Promise<FileInfo> {
  const space = spaceOf(parts, options.space);
  if (!isCurrent(options)) return (await openOther(parts, space, key, options)).info;
  return parts.names.fileInfo(await find(parts, space, key, options.signal));
}

/** See `GstoreNode.get`. */
export async function getFile(
  parts: NodeParts,
  key: string,
  options: FileOptions & { range?: ByteRange },
): Promise<GetResult> {
  const space = spaceOf(parts, options.space);
  const { info, entry, metadata } = await openVersion(parts, space, key, options);
  const { start, end } = resolveRange(options.range, metadata.size, info.key);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, parts.stopping, ...(options.signal ? [options.signal] : [])]);
  const stream = streamOf(parts, { space, entry, metadata, start, end, signal, stop });
  return { ...info, range: { start, end: Math.max(start, end - 1), length: end - start }, stream };
}

async function find(
  parts: NodeParts,
  space: OpenSpace,
  key: string,
  signal?: AbortSignal,
): Promise<NamedRecord> {
  const { names, network, members, replication } = parts;
  return await findKey({ names, network, members, sync: replication.sync }, space, parseKeyName(key), signal);
}

/** The current version of a key, or the one that the options name. */
export async function openVersion(
  parts: NodeParts,
  space: OpenSpace,
  key: string,
  options: FileOptions,
): Promise<OpenedVersion> {
  return isCurrent(options)
    ? await openCurrent(parts, space, key, options)
    : await openOther(parts, space, key, options);
}

interface OpenedVersion {
  readonly info: FileInfo;
  readonly entry: Entry;
  readonly metadata: VersionMetadata;
}

function isCurrent({ version, atMs }: FileOptions): boolean {
  return version === undefined && atMs === undefined;
}

async function openOther(
  parts: NodeParts,
  space: OpenSpace,
  key: string,
  options: FileOptions,
): Promise<OpenedVersion> {
  const found = await findFileVersion(parts, keyPlace(space, parseKeyName(key)), options);
  return { info: fileInfoOf(parts, found), entry: found.record.entry, metadata: found.metadata };
}

async function openCurrent(
  parts: NodeParts,
  space: OpenSpace,
  key: string,
  options: FileOptions,
): Promise<OpenedVersion> {
  const record = await find(parts, space, key, options.signal);
  const found = await parts.disk.entries.get(record.entryId);
  if (found === undefined) {
    throw new GstoreError("VERSION_NOT_FOUND", "The version is not here any more.", {
      key: record.name,
      version: record.entryId,
    });
  }
  const { entry } = found;
  return { info: parts.names.fileInfo(record), entry, metadata: space.keys.openMetadata(entry) };
}

interface Reading {
  readonly space: OpenSpace;
  readonly entry: Entry;
  readonly metadata: VersionMetadata;
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
  readonly stop: AbortController;
}

/** The bytes as they are asked for: nothing is read before the first pull, and who does not pull holds what was read ahead. */
function streamOf(parts: NodeParts, reading: Reading): ReadableStream<Uint8Array> {
  const { disk, replication, readAhead, manifestNodes: nodes, getSlots, collection } = parts;
  const { space, entry, metadata, start, end, signal, stop } = reading;
  const root = entry.body.content;
  const secret = metadata.rootSecret;
  const chunks =
    root === null || secret === null || start >= end
      ? null
      : readFile(
          { blobs: disk.blobs, fetcher: replication.fetcher, readAhead, nodes },
          { space, root, likely: replication.likelyHolders(entry), secret, start, end, signal },
        );
  // Who gives up a get may never pull again: what was read ahead for it is given back all the same.
  const leave = root === null ? () => {} : collection.reads.enter(root);
  const onAbort = () => {
    leave();
    void chunks?.return(undefined).catch(() => {});
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const ended = () => {
    leave();
    signal.removeEventListener("abort", onAbort);
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Bounds the chunks in work; who has got one and does not ask for the next holds no slot.
        const release = await getSlots.take(signal);
        try {
          const next = chunks === null ? null : await chunks.next();
          if (next !== null && !next.done) return controller.enqueue(next.value);
          ended();
          controller.close();
        } catch (error) {
          ended();
          throw error;
        } finally {
          release();
        }
      },
      async cancel(reason) {
        stop.abort(reason);
        leave();
        await chunks?.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
