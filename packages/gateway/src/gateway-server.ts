import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { answerUnrouted } from "./answer-unrouted.ts";
import { answerError } from "./error-reply.ts";
import type { GatewayContext } from "./gateway-context.ts";
import type { RouteText } from "./openapi/document.ts";
import { registerArchive } from "./routes/archive.ts";
import { registerCollectGarbage } from "./routes/collect-garbage.ts";
import { registerCopies } from "./routes/copies.ts";
import { registerCopyFile } from "./routes/copy-file.ts";
import { registerFollowChanges } from "./routes/follow-changes.ts";
import { registerHistory, registerRecent } from "./routes/history.ts";
import { registerLeaveNetwork } from "./routes/leave-network.ts";
import { registerLimits } from "./routes/limits.ts";
import { registerListFiles } from "./routes/list-files.ts";
import { registerMembership } from "./routes/membership.ts";
import { registerMetrics } from "./routes/metrics.ts";
import { registerNodeState } from "./routes/node-state.ts";
import { registerOpenApi } from "./routes/openapi.ts";
import { registerPeers } from "./routes/peers.ts";
import { registerPins } from "./routes/pins.ts";
import { registerPolicies } from "./routes/policies.ts";
import { registerReadFile } from "./routes/read-file.ts";
import { registerSessions } from "./routes/sessions.ts";
import { registerTokens } from "./routes/tokens.ts";
import { registerUploads } from "./routes/uploads.ts";
import { registerUsage } from "./routes/usage.ts";
import { registerVerifyStore } from "./routes/verify-store.ts";
import { registerWebPage } from "./routes/web-page.ts";
import { registerWriteFile } from "./routes/write-file.ts";
import { registerGuard } from "./tcp/guard.ts";

export type GatewayServer = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** Bytes of a JSON body: an address and little else. */
const JSON_BODY_BYTES_MAX = 64 * 1024;
/** Bytes of a request's head: a key and an entry's worth of user metadata, both percent-encoded (three times as long). */
export const HEAD_BYTES_MAX: number = 256 * 1024;

/** The HTTP server with all its routes, not listening yet. `onRoute` is told of each. */
export function createServer(
  context: GatewayContext,
  onRoute: (route: RouteText) => void = () => {},
): GatewayServer {
  const { onFault } = context;
  const app = fastify({
    bodyLimit: JSON_BODY_BYTES_MAX,
    http: { maxHeaderSize: HEAD_BYTES_MAX },
    // A 10 GiB file takes as long as it takes; a client that stalls costs one connection of its own user.
    requestTimeout: 0,
    routerOptions: { maxParamLength: HEAD_BYTES_MAX },
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
    frameworkErrors: (error, request, reply) => answerError(error, { request, reply, onFault }),
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setErrorHandler((error, request, reply) => answerError(error, { request, reply, onFault }));
  const routes: RouteText[] = [];
  app.addHook("onRoute", ({ method, url, schema }) => {
    for (const name of [method].flat()) {
      const route = { method: name, url, schema };
      routes.push(route);
      onRoute(route);
    }
  });
  registerGuard(app, context);
  app.setNotFoundHandler((request, reply) => answerUnrouted(request, reply, routes));
  app.register(async (scope) => registerWriteFile(scope as GatewayServer, context));
  app.register(async (scope) => registerUploads(scope as GatewayServer, context));
  for (const register of [
    registerReadFile,
    registerListFiles,
    registerArchive,
    registerHistory,
    registerRecent,
    registerCopyFile,
    registerCopies,
    registerNodeState,
    registerPeers,
    registerPolicies,
    registerPins,
    registerUsage,
    registerMembership,
    registerLeaveNetwork,
    registerLimits,
    registerVerifyStore,
    registerCollectGarbage,
    registerTokens,
    registerSessions,
    registerWebPage,
    registerMetrics,
  ]) {
    register(app, context);
  }
  registerFollowChanges(app, context);
  registerOpenApi(app, routes);
  return app;
}
