import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { GatewayClient } from "../src/client.ts";
import { createGateway, type Gateway } from "../src/index.ts";
import { MemoryNode } from "./memory-node.ts";

export interface RunningGateway {
  readonly node: MemoryNode;
  readonly gateway: Gateway;
  readonly client: GatewayClient;
  readonly dir: string;
  readonly faults: unknown[];
  /** One raw request, its answer read to the end. */
  readonly raw: (options: RawRequest) => Promise<RawAnswer>;
}

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A gateway over an in-memory node, on a real socket in a folder of its own. Both go when the test ends. */
export async function startGateway(): Promise<RunningGateway> {
  const dir = await temporaryFolder();
  const node = new MemoryNode();
  const faults: unknown[] = [];
  const gateway = createGateway({ node, dir, onFault: (fault) => faults.push(fault) });
  await gateway.start();
  const client = new GatewayClient({ dir });
  onTestFinished(async () => {
    client.close();
    await gateway.stop();
  });
  return { node, gateway, client, dir, faults, raw: (options) => rawRequest(gateway.socketPath, options) };
}

export async function temporaryFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "gstore-gateway-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export function rawRequest(
  socketPath: string,
  { method = "GET", path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, headers, agent: false }, async (incoming) => {
      try {
        const parts = await incoming.toArray();
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** All bytes of an async iterable. */
export async function collect(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const part of parts) all.push(part);
  return Buffer.concat(all);
}
