import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import { leaveRecord } from "../wire.ts";
import type { LeaveProgressRecord, LeaveRecord } from "../wire-types.ts";

const leaveBody = Type.Object({ force: Type.Optional(Type.Boolean()) }, { additionalProperties: false });

/** POST /v1/leave: hands over what only this node holds, takes it out of its network, and tells how far it is. */
export function registerLeaveNetwork(app: GatewayServer, context: GatewayContext): void {
  const { node } = context;
  app.post("/v1/leave", { schema: { body: leaveBody } }, async ({ body }, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress): Promise<LeaveRecord> => {
      const report = await node.leave({
        signal,
        force: body.force ?? false,
        onProgress: (progress: LeaveProgressRecord) => onProgress(progress),
      });
      return leaveRecord(node, report);
    });
    return reply;
  });
}
