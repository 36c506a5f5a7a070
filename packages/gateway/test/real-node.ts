import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNode, type GstoreNode, initNode } from "@gstore/server";
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
