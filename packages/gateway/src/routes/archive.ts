import { KEY_BYTES_MAX, parseKeyPrefix } from "@gstore/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { type ArchiveFile, archiveFiles, archiveName } from "../archive/archive-files.ts";
import { ArchiveSlots } from "../archive/archive-slots.ts";
import { tarArchive } from "../archive/tar-archive.ts";
import { zipArchive } from "../archive/zip-archive.ts";
import { dispositionOf } from "../file-headers.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { ARCHIVE_PATH } from "../key-of-url.ts";
import { requestSignal } from "../request-signal.ts";
import { sendOrTell } from "../send-answer.ts";

type ArchiveFormat = "zip" | "tar";

const TYPES: Readonly<Record<ArchiveFormat, string>> = { zip: "application/zip", tar: "application/x-tar" };
const params = Type.Object({ space: Type.String({ maxLength: KEY_BYTES_MAX }) });
const querystring = Type.Object(
  {
    prefix: Type.Optional(Type.String({ maxLength: KEY_BYTES_MAX })),
    format: Type.Optional(Type.Unsafe<ArchiveFormat>({ type: "string", enum: ["zip", "tar"] })),
  },
  { additionalProperties: false },
);

/** GET of the files below a prefix as one archive. */
export function registerArchive(app: GatewayServer, context: GatewayContext): void {
  const slots = new ArchiveSlots();
  app.get(ARCHIVE_PATH, { schema: { params, querystring } }, async (request, reply) => {
    const leave = slots.enter();
    try {
      const { prefix = "", format = acceptedOf(request.headers.accept) } = request.query;
      const { space } = request.params;
      return await sendArchive(context, { format, space, prefix: parseKeyPrefix(prefix), request, reply });
    } finally {
      leave();
    }
  });
}

/** A zip, unless a tar is what is asked for. */
function acceptedOf(accept: string | undefined): ArchiveFormat {
  const types = (accept ?? "").split(",").map((type) => type.split(";", 1)[0]?.trim().toLowerCase());
  return types.includes(TYPES.tar) && !types.includes(TYPES.zip) ? "tar" : "zip";
}

/** Each file is verified as it is sent. One that can't be read breaks the answer off. */
async function sendArchive(
  context: GatewayContext,
  asked: {
    readonly format: ArchiveFormat;
    readonly space: string;
    readonly prefix: string;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
  },
): Promise<FastifyReply> {
  const { format, space, prefix, request, reply } = asked;
  const signal = requestSignal(reply.raw);
  const files = await archiveFiles(context.node, { space, prefix, signal });
  const headers = {
    "content-type": TYPES[format],
    "content-disposition": dispositionOf({ key: archiveName(prefix, format), contentType: TYPES[format] }),
    "x-gstore-files": String(files.length),
    vary: "Accept",
  };
  if (request.method === "HEAD") return reply.code(200).headers(headers).send();
  const open = async ({ key, version }: ArchiveFile): Promise<ReadableStream<Uint8Array>> =>
    (await context.node.get(key, { space, version, signal })).stream;
  const body = format === "zip" ? zipArchive(files, open) : { stream: tarArchive(files, open), length: null };
  reply.hijack();
  await sendOrTell(context, { status: 200, headers, ...body }, request, reply.raw);
  return reply;
}
