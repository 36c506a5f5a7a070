import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import type { BootstrapRecord } from "../peers-wire-types.ts";
import { requestSignal } from "../request-signal.ts";
import { bootstrapSchema, nodeRefSchema, peersSchema, pingSchema } from "../schemas.ts";
import { nodeRef, peerRecord } from "../wire.ts";

const ADDRESS_LENGTH_MAX = 1024;

const addressBody = Type.Object(
  { address: Type.String({ minLength: 1, maxLength: ADDRESS_LENGTH_MAX }) },
  { additionalProperties: false },
);
const pingBody = Type.Object(
  { member: Type.String({ minLength: 1, maxLength: 256 }) },
  { additionalProperties: false },
);

/** Who else is there, and the ways to them. */
export function registerPeers(app: GatewayServer, { node }: GatewayContext): void {
  app.get("/v1/peers", { schema: { response: { 200: peersSchema } } }, async () => ({
    peers: node.peers().map(peerRecord),
  }));
  app.post(
    "/v1/connect",
    { schema: { body: addressBody, response: { 200: nodeRefSchema } } },
    async ({ body }, reply) =>
      nodeRef(await node.connect(body.address, { signal: requestSignal(reply.raw) })),
  );
  const ping = { body: pingBody, response: { 200: pingSchema } };
  app.post("/v1/ping", { schema: ping }, async ({ body }, reply) => {
    const { peer, name, ...pong } = await node.ping(body.member, { signal: requestSignal(reply.raw) });
    return { id: peer, name, ...pong };
  });
  const list = { response: { 200: bootstrapSchema } };
  const change = { body: addressBody, ...list };
  app.get("/v1/bootstrap", { schema: list }, async () => ({ bootstrap: records(node) }));
  app.post("/v1/bootstrap", { schema: change }, async ({ body }) => {
    node.bootstrap.add(body.address);
    return { bootstrap: records(node) };
  });
  app.delete("/v1/bootstrap", { schema: change }, async ({ body }) => {
    node.bootstrap.remove(body.address);
    return { bootstrap: records(node) };
  });
}

function records(node: GatewayContext["node"]): BootstrapRecord[] {
  return node.bootstrap.list().map(({ address, connectedTo }) => {
    return { address, connectedTo: connectedTo === null ? null : nodeRef(connectedTo) };
  });
}
