import { KEY_BYTES_MAX, LIST_PAGE_MAX, parseKeyPrefix } from "@gstore/core";
import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { KEYS_PATH } from "../key-of-url.ts";
import { listSchema } from "../schemas.ts";
import { listRecord } from "../wire.ts";

const keyText = Type.String({ maxLength: KEY_BYTES_MAX });
const listQuery = Type.Object(
  {
    prefix: Type.Optional(keyText),
    delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
    after: Type.Optional(keyText),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LIST_PAGE_MAX })),
  },
  { additionalProperties: false },
);
const listParams = Type.Object({ space: Type.String({ maxLength: KEY_BYTES_MAX }) });

/** GET of the keys: one page of a listing. */
export function registerListFiles(app: GatewayServer, { node }: GatewayContext): void {
  const schema = { params: listParams, querystring: listQuery, response: { 200: listSchema } };
  app.get(KEYS_PATH, { schema }, async ({ params: { space }, query: { prefix = "", ...options } }) => {
    const { items, next } = await node.list(parseKeyPrefix(prefix), { space, ...options });
    return { items: items.map(listRecord), next };
  });
}
