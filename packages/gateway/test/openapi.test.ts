import { Validator } from "@seriousme/openapi-schema-validator";
import createClient from "openapi-fetch";
import { expect, test } from "vitest";
import type { components, paths } from "../src/client.ts";
import { OPERATIONS } from "../src/openapi/document.ts";
import { typesOf, typesThatAreKept } from "./openapi-types.ts";
import { routesWithSchemas } from "./routes-of-server.ts";
import { startHttp } from "./start-http.ts";

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
  readonly security?: readonly object[];
}
type Document = { readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>> };

/** The files that the web page is made of are no part of the API for programs. */
const OF_THE_PAGE = /^\/(?:$|assets\/)/;

async function documentOfPort(): Promise<Document> {
  const { ask, owner } = await startHttp();
  const { token } = await owner.access.create({ role: "reader", prefix: "a/" });
  expect((await ask({ path: "/openapi.json" })).status).toBe(401);
  const { status, headers, body } = await ask({ path: "/openapi.json", token });
  expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
  return JSON.parse(body);
}

test("what the port tells of itself is valid OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate((await documentOfPort()) as Record<string, unknown>);
  expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  expect(validator.version).toBe("3.1");
});

test("every route is in it, with its parameters, body and answers", async () => {
  const { paths: described } = await documentOfPort();
  const routes = (await routesWithSchemas())
    .filter(({ method, url }) => method !== "HEAD" || OPERATIONS[`HEAD ${url}`] !== undefined)
    .filter(({ url }) => !OF_THE_PAGE.test(url));
  expect(routes.length).toBeGreaterThan(50);
  const named: string[] = [];
  for (const { method, url, schema = {} } of routes) {
    const path = url.replace(/:(\w+)/g, "{$1}").replace("*", "{key}");
    const operation = described[path]?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toBeDefined();
    if (operation === undefined) continue;
    named.push(operation.operationId);
    const { querystring, body } = schema as { querystring?: { properties: object }; body?: object };
    const parametersIn = (where: string): string[] =>
      (operation.parameters ?? []).filter((one) => one.in === where).map(({ name }) => name);
    expect(parametersIn("query")).toEqual(Object.keys(querystring?.properties ?? {}));
    expect(parametersIn("path")).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    if (body !== undefined || method === "PUT" || method === "PATCH")
      expect(operation.requestBody, path).toBeDefined();
    const statuses = Object.keys(operation.responses);
    expect(statuses[0]).toMatch(/^20[014]$/);
    if (operation.security === undefined) expect(statuses).toEqual(expect.arrayContaining(["401", "403"]));
  }
  expect(new Set(named).size).toBe(named.length);
  expect(named.length).toBe(Object.keys(OPERATIONS).length);
});

test("the types for clients are those of the document", async () => {
  expect(await typesOf(await documentOfPort())).toBe(await typesThatAreKept());
});

test("a client made of the types talks to the port", async () => {
  const { url, owner } = await startHttp();
  const { token } = await owner.access.create({ role: "writer" });
  const api = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${token}` } });
  const at = { space: "main", key: "a b/c?" };
  const stored = await api.PUT("/v1/spaces/{space}/keys/{key}", {
    params: { path: at, query: { wait: "local" } },
    body: "text",
    bodySerializer: (body) => body,
  });
  expect(stored.data?.key).toBe(at.key);
  const read = await api.GET("/v1/spaces/{space}/keys/{key}", { params: { path: at }, parseAs: "text" });
  expect(read.data).toBe("text");
  const { data } = await api.GET("/v1/spaces/{space}/keys", { params: { path: { space: "main" } } });
  expect(data?.items.map(({ key }) => key)).toEqual([at.key]);
  const missing = await api.GET("/v1/spaces/{space}/versions/{key}", { params: { path: at } });
  const error: components["schemas"]["Error"] | undefined = missing.error;
  expect(error?.code).toBe("REQUEST_REFUSED");
});
