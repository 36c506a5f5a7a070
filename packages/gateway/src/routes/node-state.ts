import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { failureSchema, idSchema, statusSchema } from "../schemas.ts";
import { statusAnswer } from "../wire.ts";

const REQUEST_ID_LENGTH_MAX = 64;

const failureParams = Type.Object({ request: Type.String({ maxLength: REQUEST_ID_LENGTH_MAX }) });
const aliveSchema = Type.Object({ status: Type.Literal("ok") });

/** What the node is and how it is. */
export function registerNodeState(app: GatewayServer, { node, failures }: GatewayContext): void {
  const schema = { response: { 200: aliveSchema } };
  app.get("/healthz", { schema }, async () => ({ status: "ok" as const }));
  app.get("/v1/id", { schema: { response: { 200: idSchema } } }, async () => {
    const { network } = await node.status();
    return { id: node.id, name: node.name, network, addresses: node.addresses() };
  });
  app.get("/v1/status", { schema: { response: { 200: statusSchema } } }, async () =>
    statusAnswer(await node.status()),
  );
  app.get(
    "/v1/failures/:request",
    { schema: { params: failureParams, response: { 200: failureSchema } } },
    async ({ params }) => ({ error: failures.take(params.request) ?? null }),
  );
}
