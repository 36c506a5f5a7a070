import type { TSchema } from "typebox";
import { accessOf } from "../access.ts";
import { SESSION_KEY_HEADER } from "../sessions/session-cookie.ts";
import { HTTP_PORT } from "../tcp/tcp-limits.ts";
import { COMPONENTS, type JsonSchema, withReferences } from "./components.ts";
import { ERROR_RESPONSES, errorsOf } from "./error-responses.ts";
import type { AnswerText, HeaderTexts, Operation } from "./operation.ts";
import { OPERATIONS_OF_FILES } from "./operations-of-files.ts";
import { OPERATIONS_OF_NODE } from "./operations-of-node.ts";

/** A route as the router has it. */
export interface RouteText {
  readonly method: string;
  readonly url: string;
  readonly schema?: unknown;
}

interface RouteSchema {
  readonly params?: TSchema;
  readonly querystring?: TSchema;
  readonly body?: TSchema;
  readonly response?: Readonly<Partial<Record<200 | 201, TSchema>>>;
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ...OPERATIONS_OF_FILES,
  ...OPERATIONS_OF_NODE,
};

const DESCRIPTION = `The HTTP API of one gstore node. docs/spec/http.md tells of it at length. \
Unknown parameters are refused by name; unknown fields of an answer are to be ignored.`;

/** The API as a document of OpenAPI 3.1, made of the schemas that requests are checked by. Routes without an operation are left out. */
export function openApiDocument(routes: readonly RouteText[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const operation = OPERATIONS[`${route.method} ${route.url}`];
    if (operation === undefined) continue;
    const path = pathOf(route.url);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describe(route, operation) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "gstore",
      version: "1",
      description: DESCRIPTION,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "The node that gave this document" }],
    security: [{ token: [] }, { session: [], sessionKey: [] }],
    tags: [...new Set(Object.values(OPERATIONS).map(({ tag }) => tag))].map((name) => ({ name })),
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "gstapi_ID_SECRET",
          description: "Made by `gstore token create`, or by `POST /v1/tokens`.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: `gstore-${HTTP_PORT}`,
          description:
            "Of a browser that is signed in. The name has the port in it; by TLS it begins with `__Host-`.",
        },
        sessionKey: {
          type: "apiKey",
          in: "header",
          name: SESSION_KEY_HEADER,
          description: "What `POST /v1/session` gave, on all that is neither GET nor HEAD.",
        },
      },
      schemas: COMPONENTS,
      responses: ERROR_RESPONSES,
    },
  };
}

function describe(route: RouteText, operation: Operation): Record<string, unknown> {
  const schema = (route.schema ?? {}) as RouteSchema;
  const access = accessOf(route.method, route.url);
  const isOpen = access?.role === null || access?.scope === "link";
  const answers = operation.answers ?? answersOf(schema);
  const parameters = [
    ...pathParameters(route.url, schema.params),
    ...queryParameters(schema.querystring),
    ...headerParameters(operation.headers),
  ];
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(isOpen ? { security: [] } : { description: `Needs the token of ${nameOf(access?.role)} or above.` }),
    ...(parameters.length > 0 && { parameters }),
    ...bodyOf(schema.body, operation),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, text]) => [status, answerOf(text)])),
      ...errorsOf({ isOpen: access?.role === null, others: operation.errors ?? [] }),
    },
  };
}

function answersOf({ response = {} }: RouteSchema): Readonly<Record<number, AnswerText>> {
  const { 200: done, 201: created } = response;
  return {
    200: { description: "Done.", content: { "application/json": done ?? "bytes" } },
    ...(created && { 201: { description: "Created.", content: { "application/json": created } } }),
  };
}

function nameOf(role: string | null | undefined): string {
  return role === "admin" ? "an admin" : `a ${role}`;
}

/** A wildcard is the key, whose slashes may stand as they are. */
function pathOf(url: string): string {
  return url.replace(/:(\w+)/g, "{$1}").replace(/\*$/, "{key}");
}

const KEY_TEXT =
  "The key: UTF-8, percent-encoded. Slashes may stand as they are, or be encoded as %2F as this document has clients do.";

function pathParameters(url: string, params: TSchema | undefined): object[] {
  const given = propertiesOf(params);
  return [...pathOf(url).matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    ...{ name, in: "path", required: true },
    ...(name === "key" && { description: KEY_TEXT }),
    ...(name === "space" && { description: "Name of the space; every network has `main`." }),
    schema: given[name] ?? { type: "string", minLength: 1 },
  }));
}

function queryParameters(query: TSchema | undefined): object[] {
  const required = (query as JsonSchema | undefined)?.required as string[] | undefined;
  return Object.entries(propertiesOf(query)).map(([name, schema]) => {
    const isRequired = required?.includes(name) === true;
    return { name, in: "query", ...(isRequired && { required: true }), schema };
  });
}

function headerParameters(headers: HeaderTexts = {}): object[] {
  return Object.entries(headers).map(([name, { description, schema = { type: "string" } }]) => {
    return { name, in: "header", description, schema };
  });
}

function propertiesOf(schema: TSchema | undefined): Record<string, JsonSchema> {
  const { properties = {} } = (plain(schema) ?? {}) as { properties?: Record<string, JsonSchema> };
  return properties;
}

function bodyOf(schema: TSchema | undefined, { body }: Operation): object {
  if (body !== undefined) {
    const content = { [body.type]: { schema: { type: "string", format: "binary" } } };
    return { requestBody: { description: body.description, required: body.isOptional !== true, content } };
  }
  if (schema === undefined) return {};
  return {
    requestBody: {
      required: true,
      content: { "application/json": { schema: withReferences(plain(schema)) } },
    },
  };
}

function answerOf({ description, content, headers }: AnswerText): object {
  const bodies = Object.entries(content ?? {}).map(([type, schema]) => [
    type,
    schema === "bytes"
      ? { schema: { type: "string", format: "binary" } }
      : { schema: withReferences(plain(schema)) },
  ]);
  const shown = Object.entries(headers ?? {}).map(
    ([name, { description: text, schema = { type: "string" } }]) => [name, { description: text, schema }],
  );
  return {
    description,
    ...(shown.length > 0 && { headers: Object.fromEntries(shown) }),
    ...(bodies.length > 0 && { content: Object.fromEntries(bodies) }),
  };
}

/** As JSON has it, without what the library that made it keeps besides. */
function plain(schema: TSchema | undefined): JsonSchema {
  return schema === undefined ? {} : (JSON.parse(JSON.stringify(schema)) as JsonSchema);
}
