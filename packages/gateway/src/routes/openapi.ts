import type { GatewayServer } from "../gateway-server.ts";
import type { RouteText } from "../openapi/document.ts";

/** GET /openapi.json: the API, described by the schemas that its requests are checked by. */
export function registerOpenApi(app: GatewayServer, routes: readonly RouteText[]): void {
  let text: Promise<string> | undefined;
  app.get("/openapi.json", async (_request, reply) => {
    // Made when it is first asked for: a node starts without it.
    text ??= import("../openapi/document.ts").then(({ openApiDocument }) =>
      JSON.stringify(openApiDocument(routes)),
    );
    reply.type("application/json");
    return await text;
  });
}
