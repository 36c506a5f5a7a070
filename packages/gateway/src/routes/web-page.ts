import { readdir, readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/**
 * What the page may do: run and show its own files, ask its own origin, and show what it has read of the user's as blobs.
 * It is framed by nobody, sends no form, and makes no markup of text.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "media-src 'self' blob:",
  "connect-src 'self'",
  "frame-src blob:",
  "frame-ancestors 'none'",
  "form-action 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

/** Named by a hash of what is in them, so that one of that name never changes. */
const FOREVER = "public, max-age=31536000, immutable";

const NOT_BUILT = "The web page of this gstore is not built. In its sources: pnpm --filter web build\n";

const encoders = {
  br: (bytes: Buffer): Promise<Buffer> =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
  gzip: (bytes: Buffer): Promise<Buffer> => promisify(gzip)(bytes, { level: 9 }),
};

/** One file of the page, and its bytes by the encoding that they are sent in. */
interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly encoded: Map<keyof typeof encoders, Promise<Buffer>>;
}

/** GET / and what it loads: the web page, out of memory from the first time that it is asked for. */
export function registerWebPage(app: GatewayServer, { page, portOf }: GatewayContext): void {
  let reading: Promise<ReadonlyMap<string, PageFile>> | undefined;
  const fileOf = async (path: string): Promise<PageFile | undefined> => {
    if (page === null) return undefined;
    reading ??= readPage(page);
    const files = await reading.catch(() => undefined);
    // A page that is built meanwhile is found.
    if (files === undefined) reading = undefined;
    return files?.get(path);
  };
  app.get("/", async (request, reply) => {
    // Programs on the control socket are told of the API, as for any path that is not there.
    if (portOf(request.raw) === undefined) return reply.callNotFound();
    const file = await fileOf("index.html");
    if (file === undefined) return reply.code(404).type("text/plain; charset=utf-8").send(NOT_BUILT);
    reply.header("content-security-policy", POLICY);
    reply.header("cross-origin-opener-policy", "same-origin");
    return send(file, { request, reply, cacheControl: "no-cache" });
  });
  app.get<{ Params: { name: string } }>("/assets/:name", async (request, reply) => {
    const file = await fileOf(`assets/${request.params.name}`);
    if (file === undefined) return reply.callNotFound();
    return send(file, { request, reply, cacheControl: FOREVER });
  });
}

/** All files of the page by their path in it. What is not among them can't be asked for, whatever the path says. */
async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const assets = (await readdir(join(folder, "assets"))).map((name) => `assets/${name}`);
  const served = ["index.html", ...assets].filter((path) => TYPES[extname(path)] !== undefined);
  const files = await Promise.all(
    served.map(async (path): Promise<[string, PageFile]> => {
      const type = TYPES[extname(path)] ?? "";
      return [path, { type, bytes: await readFile(join(folder, path)), encoded: new Map() }];
    }),
  );
  return new Map(files);
}

async function send(
  file: PageFile,
  { request, reply, cacheControl }: { request: FastifyRequest; reply: FastifyReply; cacheControl: string },
): Promise<Buffer> {
  reply.type(file.type).header("cache-control", cacheControl).header("vary", "accept-encoding");
  const accepted = request.headers["accept-encoding"] ?? "";
  const encoding = /\bbr\b/.test(accepted) ? "br" : /\bgzip\b/.test(accepted) ? "gzip" : undefined;
  if (encoding === undefined) return file.bytes;
  reply.header("content-encoding", encoding);
  const kept = file.encoded.get(encoding) ?? encoders[encoding](file.bytes);
  file.encoded.set(encoding, kept);
  return await kept;
}
