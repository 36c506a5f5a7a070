import type { PolicyOptions, PolicyReport } from "@gstore/server";
import { Type } from "typebox";
import { INVITE_LIFETIME_MS_MAX, parseDuration } from "../duration.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import { keyOfUrl, PLACEMENT_PATH } from "../key-of-url.ts";
import { explainSchema, policiesSchema } from "../policy-schemas.ts";
import { explainAnswer, policyRecord, policyReportRecord } from "../policy-wire.ts";

const strict = { additionalProperties: false };
const REQUIRED_MAX = 64;
/** Ten times an invitation's lifetime: a hundred years. */
const HISTORY_MS_MAX = 10 * INVITE_LIFETIME_MS_MAX;

const word = Type.String({ minLength: 1, maxLength: 1024 });
const prefix = Type.String({ maxLength: 4096 });
const whole = Type.Optional(Type.Integer());
const listQuery = Type.Object({ space: Type.Optional(word) }, strict);
const removeQuery = Type.Object({ space: Type.Optional(word), prefix }, strict);
const setBody = Type.Object(
  {
    ...{ space: Type.Optional(word), prefix, copies: whole, min: whole, zones: whole },
    require: Type.Optional(Type.Array(word, { maxItems: REQUIRED_MAX })),
    history: Type.Optional(Type.String({ maxLength: 40 })),
  },
  strict,
);

/** How many copies there shall be, and where. */
export function registerPolicies(app: GatewayServer, context: GatewayContext): void {
  const { node } = context;
  app.get(
    "/v1/policies",
    { schema: { querystring: listQuery, response: { 200: policiesSchema } } },
    async ({ query }) => ({ policies: node.policies(query).map(policyRecord) }),
  );
  app.put("/v1/policies", { schema: { body: setBody } }, async ({ body }, reply) => {
    const { space, prefix: of, history, ...settings } = body;
    const historyMs = history === undefined ? {} : { historyMs: parseDuration(history, HISTORY_MS_MAX) };
    reply.hijack();
    await streamPolicyJob(context, reply.raw, space, (options) =>
      node.setPolicy(of, { ...settings, ...historyMs }, options),
    );
    return reply;
  });
  app.delete("/v1/policies", { schema: { querystring: removeQuery } }, async ({ query }, reply) => {
    reply.hijack();
    await streamPolicyJob(context, reply.raw, query.space, (options) =>
      node.removePolicy(query.prefix, options),
    );
    return reply;
  });
  app.get(`${PLACEMENT_PATH}/*`, { schema: { response: { 200: explainSchema } } }, async ({ raw }) => {
    const { space, key } = keyOfUrl(raw.url ?? "");
    return explainAnswer(await node.explain(key, { space }));
  });
}

async function streamPolicyJob(
  context: GatewayContext,
  response: Parameters<typeof streamJob>[1],
  space: string | undefined,
  work: (options: PolicyOptions) => Promise<PolicyReport>,
): Promise<void> {
  await streamJob(context, response, async (signal, onProgress) =>
    policyReportRecord(await work({ signal, onProgress, ...(space === undefined ? {} : { space }) })),
  );
}
