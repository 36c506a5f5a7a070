import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { requestSignal } from "../request-signal.ts";
import { failureSchema, idSchema, nodeRefSchema, peersSchema, statusSchema } from "../schemas.ts";
import { nodeRef, peerRecord, statusAnswer } from "../wire.ts";

const ADDRESS_LENGTH_MAX = 1024;
const REQUEST_ID_LENGTH_MAX = 64;

const connectBody = Type.Object(
  { address: Type.String({ minLength: 1, maxLength: ADDRESS_LENGTH_MAX }) },
  { additionalProperties: false },
);
const failureParams = Type.Object({ request: Type.String({ maxLength: REQUEST_ID_LENGTH_MAX }) });

/** What the node is and whom it knows, and the way to a peer. */
export function registerNodeState(app: GatewayServer, { node, failures }: GatewayContext): void {
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/v1/id", { schema: { response: { 200: idSchema } } }, async () => {
    const { network } = await node.status();
    return { id: node.id, name: node.name, network, addresses: node.addresses() };
  });
  app.get("/v1/status", { schema: { response: { 200: statusSchema } } }, async () =>
    statusAnswer(await node.status()),
  );
  app.get("/v1/peers", { schema: { response: { 200: peersSchema } } }, async () => ({
    peers: node.peers().map(peerRecord),
  }));
  app.post(
    "/v1/connect",
    { schema: { body: connectBody, response: { 200: nodeRefSchema } } },
    async ({ body }, reply) =>
      nodeRef(await node.connect(body.address, { signal: requestSignal(reply.raw) })),
  );
  app.get(
    "/v1/failures/:request",
    { schema: { params: failureParams, response: { 200: failureSchema } } },
    async ({ params }) => ({ error: failures.take(params.request) ?? null }),
  );
}
