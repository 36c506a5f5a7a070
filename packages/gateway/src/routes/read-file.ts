import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { GstoreError, isGstoreError } from "@gstore/core";
import type { ByteRange, FileInfo, FileOptions, GetResult } from "@gstore/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { asGstoreError, errorRecord, STATUS_OF_CODE } from "../error-reply.ts";
import { dispositionOf, headersOfFile } from "../file-headers.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { evaluateConditions, isConditional, rangeApplies } from "../http-conditions.ts";
import { parseRange } from "../http-range.ts";
import { KEYS_PATH, keyOfUrl } from "../key-of-url.ts";
import { requestSignal } from "../request-signal.ts";
import { VERSION_LENGTH_MAX } from "../schemas.ts";
import { hasBegun, sendStream } from "../send-stream.ts";

const TIME_LENGTH_MAX = 40;
const readQuery = Type.Object(
  {
    version: Type.Optional(Type.String({ maxLength: VERSION_LENGTH_MAX })),
    at: Type.Optional(Type.String({ maxLength: TIME_LENGTH_MAX })),
  },
  { additionalProperties: false },
);
type ReadQuery = Static<typeof readQuery>;

/** GET and HEAD of a key. */
export function registerReadFile(app: GatewayServer, context: GatewayContext): void {
  const schema = { querystring: readQuery };
  app.head(`${KEYS_PATH}/*`, { schema }, (request, reply) =>
    headFile(context, request, reply, request.query),
  );
  app.get(`${KEYS_PATH}/*`, { schema, exposeHeadRoute: false }, (request, reply) =>
    getFile(context, request, reply, request.query),
  );
}

async function headFile(
  { node }: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
  query: ReadQuery,
): Promise<FastifyReply> {
  const { key, options } = whatIsAsked(request, reply, query);
  const info = await node.stat(key, options);
  if (isNotModified(request.headers, info)) return reply.code(304).headers(headersOf304(info)).send();
  return reply
    .code(200)
    .headers({
      ...headersOfFile(info),
      ...headersForBrowsers(request, info),
      "content-length": String(info.size),
    })
    .send();
}

async function getFile(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
  query: ReadQuery,
): Promise<FastifyReply> {
  const { headers } = request;
  const { key, options } = whatIsAsked(request, reply, query);
  const asked = parseRange(headers.range);
  let range = asked;
  if (isConditional(headers) || (asked !== undefined && headers["if-range"] !== undefined)) {
    const info = await context.node.stat(key, options);
    if (isNotModified(headers, info)) return reply.code(304).headers(headersOf304(info)).send();
    if (!rangeApplies(headers, info.version)) range = undefined;
  }
  const file = await open(context, { key, options, range, reply });
  // What the node reads or sends from here on, fastify has no part in: it would buffer, or end a broken answer in order.
  reply.hijack();
  await send(context, { file, isPart: range !== undefined, request, response: reply.raw });
  return reply;
}

function whatIsAsked(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  { version, at }: ReadQuery,
): { readonly key: string; readonly options: FileOptions } {
  const { space, key } = keyOfUrl(raw.url ?? "");
  const which = {
    ...(version === undefined ? {} : { version }),
    ...(at === undefined ? {} : { atMs: timeOf(at) }),
  };
  return { key, options: { ...which, space, signal: requestSignal(reply.raw) } };
}

function timeOf(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new GstoreError("INVALID_ARGUMENT", "at is a time as RFC 3339 has it: 2026-01-31T12:00:00Z.");
}

/** Opens the file. Where the range lies outside of it, the answer says how long the file is. */
async function open(
  { node }: GatewayContext,
  asked: { key: string; options: FileOptions; range: ByteRange | undefined; reply: FastifyReply },
): Promise<GetResult> {
  const { key, options, range, reply } = asked;
  try {
    return await node.get(key, { ...options, ...(range === undefined ? {} : { range }) });
  } catch (error) {
    if (isGstoreError(error, "RANGE_NOT_SATISFIABLE")) {
      const { size } = await node.stat(key, options);
      reply.header("content-range", `bytes */${size}`);
    }
    throw error;
  }
}

async function send(
  { failures, onFault }: GatewayContext,
  options: { file: GetResult; isPart: boolean; request: FastifyRequest; response: ServerResponse },
): Promise<void> {
  const { file, isPart, request, response } = options;
  const { start, end, length } = file.range;
  const headers: OutgoingHttpHeaders = { ...headersOfFile(file), ...headersForBrowsers(request, file) };
  if (isPart) headers["content-range"] = `bytes ${start}-${end}/${file.size}`;
  try {
    await sendStream(response, { status: isPart ? 206 : 200, headers, stream: file.stream, length });
  } catch (thrown) {
    const error = asGstoreError(thrown);
    if (error.code === "INTERNAL") onFault(thrown);
    failures.remember(request.headers["x-request-id"], errorRecord(error));
    if (!hasBegun(response)) sendError(response, error);
  }
}

/** Of a file that is served on a port, where a browser may show it. Revalidated by its tag, and kept by no cache of several users. */
function headersForBrowsers({ token }: FastifyRequest, info: FileInfo): OutgoingHttpHeaders {
  if (token === null) return {};
  return { "cache-control": "private, no-cache", "content-disposition": dispositionOf(info) };
}

/** An error in place of an answer that fastify no longer sends. */
function sendError(response: ServerResponse, error: GstoreError): void {
  const body = Buffer.from(JSON.stringify(errorRecord(error)));
  response.writeHead(STATUS_OF_CODE[error.code], {
    "content-type": "application/json",
    "content-length": body.length,
  });
  response.end(body);
}

/** True for 304; throws where If-Match names another version. */
function isNotModified(headers: IncomingHttpHeaders, info: FileInfo): boolean {
  const outcome = evaluateConditions(headers, info.version, "read");
  if (outcome === "failed") throw otherVersion(info);
  return outcome === "not-modified";
}

function otherVersion({ key, version }: FileInfo): GstoreError {
  return new GstoreError("ALREADY_EXISTS", "The key holds another version than If-Match names.", {
    key,
    version,
  });
}

function headersOf304(info: FileInfo): OutgoingHttpHeaders {
  const { etag, "last-modified": modified } = headersOfFile(info);
  return { etag, "last-modified": modified };
}
