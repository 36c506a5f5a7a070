import { createServer } from "../src/gateway-server.ts";
import type { RouteText } from "../src/openapi/document.ts";

/** Every route of the API. */
export async function routesWithSchemas(): Promise<RouteText[]> {
  const found: RouteText[] = [];
  const app = createServer({ tokens: { onEnd: () => {} }, sessions: { onEnd: () => {} } } as never, (route) =>
    found.push(route),
  );
  await app.ready();
  await app.close();
  return found;
}

/** Every route of the API, as the table of access names them. */
export async function routes(): Promise<string[]> {
  const all = (await routesWithSchemas()).filter(({ method }) => method !== "HEAD");
  return [...new Set(all.map(({ method, url }) => `${method} ${url}`))];
}
