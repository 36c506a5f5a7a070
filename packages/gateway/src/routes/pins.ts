import { KEY_BYTES_MAX, PINS_MAX } from "@gstore/core";
import type { PinStatus } from "@gstore/server";
import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import type { DropReportRecord, PinRecord, PinReportRecord } from "../pins-wire-types.ts";

const textOrNull = Type.Union([Type.String(), Type.Null()]);
const pinsSchema = Type.Unsafe<{ pins: PinRecord[] }>(
  Type.Object({
    pins: Type.Array(Type.Object({ space: textOrNull, prefix: textOrNull, key: Type.Boolean() }), {
      maxItems: PINS_MAX,
    }),
  }),
);
const named = Type.Object(
  {
    space: Type.Optional(Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX })),
    prefix: Type.String({ maxLength: KEY_BYTES_MAX }),
  },
  { additionalProperties: false },
);

/** What the node keeps a copy of, whatever the policy says. */
export function registerPins(app: GatewayServer, context: GatewayContext): void {
  const { node } = context;
  app.get("/v1/pins", { schema: { response: { 200: pinsSchema } } }, async () => ({
    pins: node.pins().map(pinRecord),
  }));
  app.put("/v1/pins", { schema: { body: named } }, async ({ body: { prefix, ...space } }, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress): Promise<PinReportRecord> => {
      const { pin, ...counts } = await node.pin(prefix, { ...space, signal, onProgress });
      return { pin: pinRecord(pin), ...counts };
    });
    return reply;
  });
  app.delete("/v1/pins", { schema: { querystring: named } }, async ({ query }, reply) => {
    const { prefix, ...space } = query;
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress): Promise<DropReportRecord> => {
      const { unpinned, ...counts } = await node.drop(prefix, { ...space, signal, onProgress });
      return { unpinned: unpinned.map(pinRecord), ...counts };
    });
    return reply;
  });
}

function pinRecord({ space, prefix, isKey }: PinStatus): PinRecord {
  return { space, prefix, key: isKey };
}
