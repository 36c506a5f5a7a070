import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import type { LimitsRecord } from "../wire-types.ts";

/** Not a union: a 0 would then be taken for null, which is no limit at all. */
const rate = Type.Unsafe<number | null>({
  type: ["integer", "null"],
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
});
const limitsSchema = Type.Unsafe<LimitsRecord>(Type.Object({ up: rate, down: rate }));
const limitsBody = Type.Object(
  { up: Type.Optional(rate), down: Type.Optional(rate) },
  { additionalProperties: false },
);

/** Bytes per second of bulk transfers: what they are limited to, and other limits until the node stops. */
export function registerLimits(app: GatewayServer, { node }: GatewayContext): void {
  const record = (): LimitsRecord => {
    const { upBytesPerSecond, downBytesPerSecond } = node.limits();
    return { up: upBytesPerSecond, down: downBytesPerSecond };
  };
  app.get("/v1/limits", { schema: { response: { 200: limitsSchema } } }, async () => record());
  app.put(
    "/v1/limits",
    { schema: { body: limitsBody, response: { 200: limitsSchema } } },
    async ({ body }) => {
      node.setLimits({
        ...(body.up === undefined ? {} : { upBytesPerSecond: body.up }),
        ...(body.down === undefined ? {} : { downBytesPerSecond: body.down }),
      });
      return record();
    },
  );
}
