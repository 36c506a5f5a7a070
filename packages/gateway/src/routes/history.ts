import { VERSIONS_PAGE_MAX } from "@gstore/core";
import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { keyOfUrl, VERSIONS_PATH } from "../key-of-url.ts";
import { requestSignal } from "../request-signal.ts";
import { VERSION_LENGTH_MAX, versionsSchema } from "../schemas.ts";
import { versionRecord } from "../wire.ts";

const versionText = Type.String({ maxLength: VERSION_LENGTH_MAX });
const versionsQuery = Type.Object(
  {
    after: Type.Optional(versionText),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: VERSIONS_PAGE_MAX })),
  },
  { additionalProperties: false },
);

/** What keys held before. */
export function registerHistory(app: GatewayServer, { node }: GatewayContext): void {
  app.get(
    `${VERSIONS_PATH}/*`,
    { schema: { querystring: versionsQuery, response: { 200: versionsSchema } } },
    async ({ raw, query }, reply) => {
      const { space, key } = keyOfUrl(raw.url ?? "");
      const signal = requestSignal(reply.raw);
      const { items, next } = await node.versions(key, { space, signal, ...query });
      return { items: items.map(versionRecord), next };
    },
  );
}
