import { KEY_BYTES_MAX } from "@gstore/core";
import type { FolderUsage, UsageReport } from "@gstore/server";
import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import type { FolderUsageRecord, UsageRecord } from "../usage-wire-types.ts";
import { rfc3339 } from "../wire.ts";

const folderUsageBody = Type.Object(
  {
    space: Type.Optional(Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX })),
    prefix: Type.Optional(Type.String({ maxLength: KEY_BYTES_MAX })),
    depth: Type.Optional(Type.Integer({ minimum: 0, maximum: KEY_BYTES_MAX })),
  },
  { additionalProperties: false },
);

/** What is stored, and what takes how much of it. */
export function registerUsage(app: GatewayServer, context: GatewayContext): void {
  const { node } = context;
  app.post("/v1/usage", async (_request, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress) =>
      usageRecord(await node.usage({ signal, onProgress })),
    );
    return reply;
  });
  app.post("/v1/du", { schema: { body: folderUsageBody } }, async ({ body }, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress, tell): Promise<FolderUsageRecord> => {
      const onFolder = (folder: FolderUsage): Promise<void> => tell("folder", folder);
      return await node.du(body.prefix ?? "", { ...body, signal, onProgress, onFolder });
    });
    return reply;
  });
}

function usageRecord({ checkedMs, members, ...rest }: UsageReport): UsageRecord {
  return {
    checked: rfc3339(checkedMs),
    ...rest,
    members: members.map(({ peer, name, capacityBytes }) => ({ id: peer, name, capacityBytes })),
  };
}
