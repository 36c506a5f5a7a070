import { type OutgoingHttpHeaders, request } from "node:http";
import { onTestFinished } from "vitest";
import { GatewayClient } from "../src/client.ts";
import { createGateway, type Gateway, type HttpOptions } from "../src/index.ts";
import { ManualClock } from "./manual-clock.ts";
import { MemoryNode } from "./memory-node.ts";
import { type RawAnswer, type RawRequest, temporaryFolder } from "./start-gateway.ts";

export interface RunningHttp {
  readonly node: MemoryNode;
  readonly gateway: Gateway;
  readonly dir: string;
  readonly url: string;
  readonly clock: ManualClock;
  /** The node's owner, on the control socket. */
  readonly owner: GatewayClient;
  /** One request on the port. */
  readonly ask: (options: RawRequest & { readonly token?: string }) => Promise<RawAnswer>;
}

/** A gateway over an in-memory node with a port of its own. All of it goes when the test ends. */
export async function startHttp(
  http: HttpOptions = {},
  folder?: string,
  page?: string,
): Promise<RunningHttp> {
  const dir = folder ?? (await temporaryFolder());
  const [node, clock] = [new MemoryNode(), new ManualClock()];
  const address = { host: "127.0.0.1", port: 0 };
  const gateway = createGateway({
    ...{ node, dir, clock, http: { address, ...http } },
    ...(page === undefined ? {} : { page }),
  });
  await gateway.start();
  const owner = new GatewayClient({ dir });
  onTestFinished(async () => {
    owner.close();
    await gateway.stop();
  });
  const url = gateway.url ?? "";
  return { node, gateway, dir, url, clock, owner, ask: (options) => askPort(url, options) };
}

export function askPort(
  url: string,
  { method = "GET", path, headers = {}, body, token }: RawRequest & { readonly token?: string },
): Promise<RawAnswer> {
  const authorization: OutgoingHttpHeaders = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...authorization, ...headers }, agent: false as const };
    // The path as it is: a URL would be tidied up.
    const outgoing = request(url, { ...options, path }, async (incoming) => {
      try {
        const text = Buffer.concat(await incoming.toArray()).toString("utf8");
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text });
      } catch (error) {
        reject(error);
      }
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
