import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { GstoreError, isGstoreError, systemRandom } from "@gstore/core";
import type { ByteRange, FileInfo, FileOptions, GetResult } from "@gstore/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { dispositionOf, headersOfFile } from "../file-headers.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { evaluateConditions, isConditional, rangeApplies } from "../http-conditions.ts";
import { multipart, parseRange, parseRanges, type Span, spansOf } from "../http-range.ts";
import { KEYS_PATH, type KeyPlace, keyOfUrl } from "../key-of-url.ts";
import { requestSignal } from "../request-signal.ts";
import { VERSION_LENGTH_MAX } from "../schemas.ts";
import { sendOrTell } from "../send-answer.ts";

const TIME_LENGTH_MAX = 40;
const BOUNDARY_BYTES = 16;
const readQuery = Type.Object(
  {
    version: Type.Optional(Type.String({ maxLength: VERSION_LENGTH_MAX })),
    at: Type.Optional(Type.String({ maxLength: TIME_LENGTH_MAX })),
  },
  { additionalProperties: false },
);
const linkParams = Type.Object({ token: Type.String({ maxLength: 100 }) });
const noQuery = Type.Object({}, { additionalProperties: false });
type ReadQuery = Static<typeof readQuery>;

/** GET and HEAD of a key, and of the one that a share link is for. */
export function registerReadFile(app: GatewayServer, context: GatewayContext): void {
  const schema = { querystring: readQuery };
  app.head(`${KEYS_PATH}/*`, { schema }, (request, reply) =>
    headFile(context, request, reply, request.query),
  );
  app.get(`${KEYS_PATH}/*`, { schema, exposeHeadRoute: false }, (request, reply) =>
    getFile(context, request, reply, request.query),
  );
  // Of a share link the current version alone.
  const link = { schema: { params: linkParams, querystring: noQuery } };
  app.head("/s/:token", link, (request, reply) => headFile(context, request, reply, {}));
  app.get("/s/:token", { ...link, exposeHeadRoute: false }, (request, reply) =>
    getFile(context, request, reply, {}),
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
  if (isNotModified(request.headers, info))
    return reply.code(304).headers(headersOf304(request, info)).send();
  return reply
    .code(200)
    .headers({
      ...headersTold(request, info),
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
  const several = parseRanges(headers.range);
  let range = asked;
  const isRange = asked !== undefined || several !== undefined;
  if (isConditional(headers) || several !== undefined || (isRange && headers["if-range"] !== undefined)) {
    const info = await context.node.stat(key, options);
    if (isNotModified(headers, info)) return reply.code(304).headers(headersOf304(request, info)).send();
    if (!rangeApplies(headers, info.version)) range = undefined;
    else if (several !== undefined) {
      const spans = spansOf(several, info.size);
      if (spans.length > 1) return await sendSpans(context, { key, options, info, spans, request, reply });
      range = spans[0] ?? several[0];
    }
  }
  const file = await open(context, { key, options, range, reply });
  // What the node reads or sends from here on, fastify has no part in: it would buffer, or end a broken answer in order.
  reply.hijack();
  await send(context, { file, isPart: range !== undefined, request, response: reply.raw });
  return reply;
}

function whatIsAsked(
  request: FastifyRequest,
  reply: FastifyReply,
  { version, at }: ReadQuery,
): { readonly key: string; readonly options: FileOptions } {
  const { space, key } = placeOf(request);
  const which = {
    ...(version === undefined ? {} : { version }),
    ...(at === undefined ? {} : { atMs: timeOf(at) }),
  };
  return { key, options: { ...which, space, signal: requestSignal(reply.raw) } };
}

function placeOf({ raw, token, routeOptions }: FastifyRequest): KeyPlace {
  if (routeOptions.url !== "/s/:token") return keyOfUrl(raw.url ?? "");
  // On the control socket there are no links: it asks for no token.
  if (token === null || token.key === null)
    throw new GstoreError("KEY_NOT_FOUND", "There is nothing under this link.");
  return { space: token.space ?? "main", key: token.key };
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

/** Several ranges of one version, each verified before it is sent. */
async function sendSpans(
  context: GatewayContext,
  asked: {
    key: string;
    options: FileOptions;
    info: FileInfo;
    spans: readonly Span[];
    request: FastifyRequest;
    reply: FastifyReply;
  },
): Promise<FastifyReply> {
  const { key, options, info, spans, request, reply } = asked;
  const headers = headersTold(request, info);
  const { space, signal } = options;
  // Of the version that the spans were counted in, whatever is stored meanwhile.
  const which = {
    version: info.version,
    ...(space !== undefined && { space }),
    ...(signal !== undefined && { signal }),
  };
  const body = multipart(spans, {
    size: info.size,
    contentType: String(headers["content-type"]),
    boundary: Buffer.from(systemRandom.bytes(BOUNDARY_BYTES)).toString("hex"),
    open: async (range) => (await context.node.get(key, { ...which, range })).stream,
  });
  reply.hijack();
  const answer = { status: 206, headers: { ...headers, "content-type": body.contentType }, ...body };
  await sendOrTell(context, answer, request, reply.raw);
  return reply;
}

async function send(
  context: GatewayContext,
  options: { file: GetResult; isPart: boolean; request: FastifyRequest; response: ServerResponse },
): Promise<void> {
  const { file, isPart, request, response } = options;
  const { start, end, length } = file.range;
  const headers: OutgoingHttpHeaders = headersTold(request, file);
  if (isPart) headers["content-range"] = `bytes ${start}-${end}/${file.size}`;
  const answer = { status: isPart ? 206 : 200, headers, stream: file.stream, length };
  await sendOrTell(context, answer, request, response);
}

/** On a port a browser may show the file: it revalidates by its tag, and no cache of several users keeps it. */
function headersTold({ token }: FastifyRequest, info: FileInfo): OutgoingHttpHeaders {
  const all = headersOfFile(info);
  if (token === null) return all;
  // Whoever has a link to one file need not learn where it lies, and whose it is.
  const told = Object.entries(all).filter(([name]) => token.key === null || !name.startsWith("x-gstore-"));
  return {
    ...Object.fromEntries(told),
    ...{ "cache-control": "private, no-cache", "content-disposition": dispositionOf(info) },
  };
}

/** True for 304; throws where If-Match names another version. */
function isNotModified(headers: IncomingHttpHeaders, info: FileInfo): boolean {
  const outcome = evaluateConditions(headers, info, "read");
  if (outcome === "failed") throw otherVersion(info);
  return outcome === "not-modified";
}

function otherVersion({ key, version }: FileInfo): GstoreError {
  return new GstoreError("ALREADY_EXISTS", "The key holds another version than If-Match names.", {
    key,
    version,
  });
}

/** What a cache keeps of an answer it has (RFC 9110 section 15.4.5), in the words that the answer had. */
function headersOf304(request: FastifyRequest, info: FileInfo): OutgoingHttpHeaders {
  const { etag, "last-modified": modified, "cache-control": caching } = headersTold(request, info);
  return { etag, "last-modified": modified, ...(caching !== undefined && { "cache-control": caching }) };
}
