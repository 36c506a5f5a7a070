import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import openapiTS, { astToString } from "openapi-typescript";

/** Writes the types of the API anew: node --conditions=@gstore/source test/openapi-types.ts */
const PATH = join(import.meta.dirname, "../src/openapi/api.generated.ts");

const HEAD =
  "/** Types of the HTTP API, made from /openapi.json. Not to be edited: `pnpm --filter @gstore/gateway types` writes it. */\n";

export async function typesOf(document: object): Promise<string> {
  const nodes = await openapiTS(document as Parameters<typeof openapiTS>[0]);
  return HEAD + astToString(nodes);
}

export async function typesThatAreKept(): Promise<string> {
  return await readFile(PATH, "utf8");
}

if (import.meta.main) {
  const { openApiDocument } = await import("../src/openapi/document.ts");
  const { routesWithSchemas } = await import("./routes-of-server.ts");
  await writeFile(PATH, await typesOf(openApiDocument(await routesWithSchemas())));
}
