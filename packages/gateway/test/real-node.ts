import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNode, type GstoreNode, initNode, type NodeOptions } from "@gstore/server";
import { GatewayClient } from "../src/client.ts";
import { createGateway } from "../src/index.ts";
import { type RawAnswer, type RawRequest, rawRequest } from "./start-gateway.ts";

/** A node alone in its network, on disk, and its gateway. */
export interface RealNode {
  readonly client: GatewayClient;
  readonly node: GstoreNode;
  /** One raw request, its answer read to the end. */
  readonly raw: (options: RawRequest) => Promise<RawAnswer>;
  /** Ends it, and takes its folder away. */
  readonly stop: () => Promise<void>;
}

/** A node with a port of its own, which can be started anew. */
export interface RealHttpNode {
  readonly url: string;
  readonly node: GstoreNode;
  readonly owner: GatewayClient;
  /** Ends its gateway and the node, and starts both again on the same folder. */
  readonly restart: () => Promise<RealHttpNode>;
  /** Ends it, and takes its folder away. */
  readonly stop: () => Promise<void>;
}

export async function startRealHttpNode(options: Partial<NodeOptions> = {}): Promise<RealHttpNode> {
  const root = await mkdtemp(join(tmpdir(), "gstore-gateway-"));
  const dir = join(root, "node");
  await initNode({ dir, name: "anna" });
  const start = async (): Promise<RealHttpNode> => {
    const node = await createNode({ dir, listen: ["127.0.0.1:0"], ...options });
    await node.start();
    const gateway = createGateway({ node, dir, http: { address: { host: "127.0.0.1", port: 0 } } });
    await gateway.start();
    const owner = new GatewayClient({ dir });
    const end = async (): Promise<void> => {
      owner.close();
      await Promise.all([gateway.stop(), node.stop()]);
    };
    return {
      ...{ url: gateway.url ?? "", node, owner },
      restart: async () => {
        await end();
        return await start();
      },
      stop: async () => {
        await end();
        await rm(root, { recursive: true, force: true });
      },
    };
  };
  return await start();
}

export async function startRealNode(): Promise<RealNode> {
  const root = await mkdtemp(join(tmpdir(), "gstore-gateway-"));
  const dir = join(root, "node");
  await initNode({ dir, name: "anna" });
  const node = await createNode({ dir, listen: ["127.0.0.1:0"] });
  await node.start();
  const gateway = createGateway({ node, dir });
  await gateway.start();
  const client = new GatewayClient({ dir });
  const stop = async (): Promise<void> => {
    client.close();
    await Promise.all([gateway.stop(), node.stop()]);
    await rm(root, { recursive: true, force: true });
  };
  return { client, node, raw: (options) => rawRequest(gateway.socketPath, options), stop };
}
