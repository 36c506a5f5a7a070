import { createServer } from "../src/gateway-server.ts";

/** Every route of the API, as the table of access names them. */
export async function routes(): Promise<string[]> {
  const found: string[] = [];
  const app = createServer({ tokens: { onEnd: () => {} } } as never, (route) => found.push(route));
  await app.ready();
  await app.close();
  return [...new Set(found)];
}
