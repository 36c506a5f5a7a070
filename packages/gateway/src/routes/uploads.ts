import { GstoreError, isGstoreError } from "@gstore/core";
import { UPLOAD_BYTES_MAX, type UploadStatus } from "@gstore/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { answerError } from "../error-reply.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { entityTag } from "../http-conditions.ts";
import { bodyOf } from "../request-body.ts";
import { requestSignal } from "../request-signal.ts";
import { uploadSchema } from "../schemas.ts";
import { otherKeys } from "../tcp/guard.ts";
import { coversKey } from "../tokens/token.ts";
import {
  CHECKSUM_ALGORITHMS,
  checked,
  fileOfMetadata,
  metadataOf,
  numberOf,
  PIECE_TYPE,
  TUS_EXTENSIONS,
  TUS_VERSION,
} from "../uploads/tus-headers.ts";
import { rfc3339 } from "../wire.ts";

const PATH = "/v1/uploads";
const ID_PATH = `${PATH}/:id`;
const OWNER = "owner";
const params = Type.Object({ id: Type.String({ maxLength: 64 }) });

/** Statuses that the protocol has for what is not as it wants it. */
const [CONFLICT, VERSION, TYPE, CHECKSUM] = [409, 412, 415, 460];

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Files that come in pieces, by the tus protocol. */
export function registerUploads(app: GatewayServer, context: GatewayContext): void {
  // Pieces go to the store as they come.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  const byProtocol = (handler: Handler): Handler => inProtocol(context, handler);
  app.options(PATH, (_request, reply) => describe(reply));
  app.post(
    PATH,
    byProtocol((request, reply) => create(context, request, reply)),
  );
  const one = { schema: { params } };
  const shown = { schema: { params, response: { 200: uploadSchema } } };
  app.get<{ Params: { id: string } }>(ID_PATH, { ...shown, exposeHeadRoute: false }, async (request) => {
    // Whoever looks on ends nothing of what is being sent.
    const { id } = placeOf(context, request);
    return uploadRecord(context.node.uploads.find(id));
  });
  app.head(
    ID_PATH,
    one,
    byProtocol((request, reply) => tell(context, request, reply)),
  );
  const patch = byProtocol((request, reply) => append(context, request, reply));
  const remove = byProtocol((request, reply) => giveUp(context, request, reply));
  app.patch(ID_PATH, one, patch);
  app.delete(ID_PATH, one, remove);
  // For clients that can't send these methods.
  app.post(ID_PATH, one, async (request, reply) => {
    const method = request.headers["x-http-method-override"];
    if (method === "PATCH") return await patch(request, reply);
    if (method === "DELETE") return await remove(request, reply);
    throw new GstoreError("INVALID_ARGUMENT", "X-HTTP-Method-Override is PATCH or DELETE here.");
  });
}

/** Answers in the protocol's terms, also where something is refused. */
function inProtocol({ onFault }: GatewayContext, handler: Handler): Handler {
  return async (request, reply) => {
    reply.header("tus-resumable", TUS_VERSION);
    if (request.headers["tus-resumable"] !== TUS_VERSION) {
      reply.header("tus-version", TUS_VERSION);
      const error = new GstoreError("INVALID_ARGUMENT", `Tus-Resumable has to be ${TUS_VERSION}.`);
      answerError(error, { request, reply, onFault, status: VERSION });
      return reply;
    }
    try {
      return await handler(request, reply);
    } catch (error) {
      if (!isGstoreError(error, "DIGEST_MISMATCH")) throw error;
      answerError(error, { request, reply, onFault, status: CHECKSUM });
      return reply;
    }
  };
}

async function describe(reply: FastifyReply): Promise<FastifyReply> {
  return reply
    .code(204)
    .headers({
      "tus-resumable": TUS_VERSION,
      "tus-version": TUS_VERSION,
      "tus-extension": TUS_EXTENSIONS,
      "tus-max-size": String(UPLOAD_BYTES_MAX),
      "tus-checksum-algorithm": CHECKSUM_ALGORITHMS.join(","),
    })
    .send();
}

async function create(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { node } = context;
  const { headers, token } = request;
  const { key, options } = fileOfMetadata(headers, numberOf(headers, "upload-length"));
  const place = { space: options.space ?? "main", key: key.normalize("NFC") };
  if (token !== null && !coversKey(token, place)) throw otherKeys(token);
  let upload = await node.uploads.create(key, { ...options, owner: token?.id ?? OWNER });
  reply.header("location", `${PATH}/${upload.id}`);
  const isPiece = headers["content-type"] === PIECE_TYPE;
  // An empty file is whole with its first piece, which is none.
  if (isPiece || upload.length === 0) upload = await take(context, request, reply, upload);
  return reply.code(201).headers(headersOf(upload)).send();
}

async function tell(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const upload = await statusOf(context, request);
  const about = { "upload-length": String(upload.length), "upload-metadata": metadataOf(upload) };
  return reply
    .code(200)
    .headers({ ...headersOf(upload), ...about, "cache-control": "no-store" })
    .send();
}

async function append(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { headers } = request;
  const { onFault } = context;
  if (headers["content-type"] !== PIECE_TYPE) {
    const error = new GstoreError("INVALID_ARGUMENT", `Content-Type has to be ${PIECE_TYPE}.`);
    answerError(error, { request, reply, onFault, status: TYPE });
    return reply;
  }
  const offset = numberOf(headers, "upload-offset");
  const upload = await statusOf(context, request);
  if (offset !== upload.offset) {
    const message = `The upload has ${upload.offset} bytes, not ${offset}: go on from there.`;
    const error = new GstoreError("INVALID_ARGUMENT", message, { actual: upload.offset });
    answerError(error, { request, reply, onFault, status: CONFLICT });
    return reply;
  }
  const after = await take(context, request, reply, upload);
  return reply.code(204).headers(headersOf(after)).send();
}

/** Takes the request's body as the next piece. */
async function take(
  { node }: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, offset, length }: UploadStatus,
): Promise<UploadStatus> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (offset + announced > length) {
    const message = `The file has ${length} bytes, and this would be more.`;
    throw new GstoreError("TOO_LARGE", message, { limit: length, actual: offset + announced });
  }
  const { source, isWhole } = checked(bodyOf(request.raw), request.headers);
  return await node.uploads.append(id, source, { offset, isWhole, signal: requestSignal(reply.raw) });
}

async function giveUp(
  context: GatewayContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id } = placeOf(context, request);
  await context.node.uploads.remove(id);
  return reply.code(204).send();
}

async function statusOf(context: GatewayContext, request: FastifyRequest): Promise<UploadStatus> {
  const { id } = placeOf(context, request);
  return await context.node.uploads.status(id);
}

/** Throws unless the token holds for the key that the upload is of. */
function placeOf(
  { node }: GatewayContext,
  { params: given, token }: FastifyRequest,
): { readonly id: string } {
  const { id } = given as { id: string };
  if (token !== null && !coversKey(token, node.uploads.find(id))) throw otherKeys(token);
  return { id };
}

function headersOf({ offset, length, expiresMs, version }: UploadStatus): Record<string, string> {
  return {
    "upload-offset": String(offset),
    ...(offset < length && { "upload-expires": new Date(expiresMs).toUTCString() }),
    ...(version !== null && { etag: entityTag(version) }),
  };
}

function uploadRecord({ expiresMs, ...rest }: UploadStatus): object {
  return { ...rest, expires: rfc3339(expiresMs) };
}
