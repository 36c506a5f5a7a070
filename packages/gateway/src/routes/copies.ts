import { Type } from "typebox";
import { whereisAnswer } from "../copies-wire.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { COPIES_PATH, keyOfUrl } from "../key-of-url.ts";
import { requestSignal } from "../request-signal.ts";
import { VERSION_LENGTH_MAX, whereisSchema } from "../schemas.ts";

const whereisQuery = Type.Object(
  { version: Type.Optional(Type.String({ maxLength: VERSION_LENGTH_MAX })) },
  { additionalProperties: false },
);

/** Where copies are. */
export function registerCopies(app: GatewayServer, { node }: GatewayContext): void {
  app.get(
    `${COPIES_PATH}/*`,
    { schema: { querystring: whereisQuery, response: { 200: whereisSchema } } },
    async ({ raw, query }, reply) => {
      const { space, key } = keyOfUrl(raw.url ?? "");
      const signal = requestSignal(reply.raw);
      return whereisAnswer(await node.whereis(key, { space, signal, ...query }));
    },
  );
}
