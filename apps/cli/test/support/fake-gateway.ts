import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findSocket } from "@gstore/gateway/client";
import { onTestFinished } from "vitest";

/** A folder in which something answers on the control socket that behaves worse than a node would. */
export interface FakeGateway {
  readonly dir: string;
  /** A folder for the command's own files. */
  readonly work: string;
}

export async function startFakeGateway(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<FakeGateway> {
  const root = await mkdtemp(join(tmpdir(), "gstore-fake-"));
  const [dir, work] = [join(root, "node"), join(root, "work")];
  await mkdir(dirname(findSocket(dir)), { recursive: true });
  await mkdir(work);
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(findSocket(dir), resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(root, { recursive: true });
  });
  return { dir, work };
}

/** The headers of a file as docs/spec/http.md says. */
export function fileHeaders(key: string, size: number): Record<string, string | number> {
  return {
    etag: '"1e20"',
    "content-length": size,
    "x-gstore-key": encodeURIComponent(key),
    "x-gstore-size": size,
    "x-gstore-digest": "1e20",
    "x-gstore-stored": "2026-01-01T00:00:00.000Z",
    "x-gstore-author": "12D3KooW",
    "x-gstore-author-name": "mallory",
  };
}

/** One line of a listing. */
export function listItem(key: string, size: number): object {
  const author = { id: "12D3KooW", name: "mallory" };
  const stored = "2026-01-01T00:00:00.000Z";
  const rest = { contentType: null, modified: null, mode: null, metadata: {} };
  return { kind: "file", key, version: "1e20", size, digest: "1e20", stored, author, ...rest };
}
