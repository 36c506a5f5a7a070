import type { IncomingMessage } from "node:http";
import { type Clock, GstoreError, parseKeyPrefix } from "@gstore/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Access, accessOf, hasRole } from "../access.ts";
import { answerError } from "../error-reply.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { keyOfUrl } from "../key-of-url.ts";
import { cookieOf, SESSION_KEY_HEADER } from "../sessions/session-cookie.ts";
import type { SessionStore } from "../sessions/session-store.ts";
import { coversKey, isLimited, type Token } from "../tokens/token.ts";
import type { TokenStore } from "../tokens/token-store.ts";
import { RequestRate } from "./request-rate.ts";
import { RunningRequests } from "./running-requests.ts";
import { type OwnNames, refuseForeignPages } from "./same-site.ts";
import {
  CALLERS_MAX,
  REFUSALS_BURST,
  REFUSALS_PER_SECOND,
  REQUESTS_BURST,
  REQUESTS_PER_SECOND,
} from "./tcp-limits.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What the request comes with over TCP; null for the node's owner on the control socket, who may do everything. */
    token: Token | null;
  }
}

export interface GuardOptions {
  readonly tokens: TokenStore;
  readonly sessions: SessionStore;
  readonly clock: Clock;
  /** The port that a request came in by; undefined for the control socket. */
  readonly portOf: (request: IncomingMessage) => OwnNames | undefined;
  readonly onFault: (error: unknown) => void;
}

/** What our answers say to browsers: nothing is run, framed, guessed at or passed on. */
const BROWSER_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Has each request over TCP looked at before anything of it is done or read. To be registered before the routes. */
export function registerGuard(app: GatewayServer, options: GuardOptions): void {
  const { tokens, sessions, clock } = options;
  const running = new RunningRequests(clock);
  for (const kept of [tokens, sessions]) kept.onEnd((id) => running.end(id));
  const limits = { clock, callersMax: CALLERS_MAX };
  const rate = new RequestRate({ ...limits, perSecond: REQUESTS_PER_SECOND, burst: REQUESTS_BURST });
  const refusals = new RequestRate({ ...limits, perSecond: REFUSALS_PER_SECOND, burst: REFUSALS_BURST });
  app.decorateRequest("token", null);
  app.addHook("onRequest", async (request, reply) => {
    const port = options.portOf(request.raw);
    if (port === undefined) return;
    // On the raw answer: most streams are sent past fastify.
    for (const [name, value] of Object.entries(BROWSER_HEADERS)) reply.raw.setHeader(name, value);
    try {
      const access = accessOf(request.method, request.routeOptions.url);
      const isLink = access?.scope === "link";
      refuseForeignPages(request.raw, port, { isLink: isLink || access?.scope === "page" });
      if (access?.role === null) return;
      const token = isLink ? shareOf(request, tokens) : callerOf(request, port, options);
      if (!rate.take(token.id)) throw tooMany();
      refuseBeyond(token, access, request);
      request.token = token;
      running.add(token, reply.raw);
    } catch (error) {
      return refuse(error, { request, reply, onFault: options.onFault, refusals });
    }
  });
  app.addHook("preParsing", async (request, reply) => {
    // Not before it was looked at: a body that is refused is not sent at all (RFC 9110 section 10.1.1).
    const isWaiting = request.headers.expect?.toLowerCase() === "100-continue";
    if (isWaiting && options.portOf(request.raw) !== undefined) reply.raw.writeContinue();
  });
  app.addHook("preHandler", async ({ method, routeOptions, token, query }) => {
    if (token === null || accessOf(method, routeOptions.url)?.scope !== "listing") return;
    const asked = query as { prefix?: string };
    asked.prefix = narrowed(asked.prefix ?? "", token.prefix);
  });
}

/** The token of a request, or the session of the browser that it comes from. */
function callerOf(request: FastifyRequest, port: OwnNames, { tokens, sessions }: GuardOptions): Token {
  const { headers, method, raw } = request;
  const cookie = headers.authorization === undefined ? cookieOf(raw, port) : undefined;
  if (cookie === undefined) return tokenOf(request, tokens);
  const session = sessions.find(cookie);
  if (session === undefined) {
    throw new GstoreError(
      "TOKEN_INVALID",
      "You are signed out, or it was too long ago. Sign in with: gstore ui",
    );
  }
  // A browser sends the cookie by itself, whoever has it do so; the key is known to the page alone.
  const isSafe = method === "GET" || method === "HEAD";
  if (isSafe || sessions.isKeyOf(session, String(headers[SESSION_KEY_HEADER] ?? ""))) return session;
  throw beyond("The request has the cookie of a session but not its key, so that it may be a forged one.");
}

function tokenOf({ headers }: FastifyRequest, tokens: TokenStore): Token {
  const { authorization } = headers;
  if (authorization === undefined) {
    const message = 'A token is needed: "Authorization: Bearer TOKEN". Make one with: gstore token create';
    throw new GstoreError("TOKEN_INVALID", message);
  }
  const token = tokens.find(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "", "token");
  if (token !== undefined) return token;
  const message =
    "The token is none of this node's, was revoked or has expired. Make one with: gstore token create";
  throw new GstoreError("TOKEN_INVALID", message);
}

function shareOf({ params }: FastifyRequest, tokens: TokenStore): Token {
  const share = tokens.find((params as { token?: string }).token ?? "", "share");
  if (share !== undefined) return share;
  throw new GstoreError(
    "KEY_NOT_FOUND",
    "There is nothing under this link: it has expired, was withdrawn, or never was.",
  );
}

/** Throws unless the token is for that route, and for the keys that the path names. */
function refuseBeyond(token: Token, access: Access | undefined, request: FastifyRequest): void {
  // A path that does not exist: whoever has any token is told so.
  if (request.is404) return;
  if (access === undefined || access.role === null) throw beyond("This can't be done by the HTTP API.");
  if (!hasRole(token, access.role)) {
    throw beyond(`The token is one of a ${token.role}, and this needs one of ${article(access.role)}.`);
  }
  if (!isLimited(token)) return;
  if (access.scope === "node")
    throw beyond("The token holds for some keys, and this is about the whole node.");
  if (access.scope === "listing") {
    const { space = "" } = request.params as { space?: string };
    if (token.space !== null && token.space !== space) throw otherKeys(token);
  }
  if (access.scope === "key" && !coversKey(token, keyOfUrl(request.raw.url ?? ""))) throw otherKeys(token);
}

/** The prefix of a listing that shows nothing but what both mean. */
function narrowed(given: string, held: string): string {
  // As the route reads it: compared before that, a mark that joins the last letter would lead out of the prefix.
  const asked = parseKeyPrefix(given);
  if (asked.startsWith(held)) return asked;
  if (held.startsWith(asked)) return held;
  throw beyond(`The token holds for the keys that begin with ${JSON.stringify(held)}.`);
}

export function otherKeys({ space, prefix }: Token): GstoreError {
  const where = space === null ? "" : ` in the space ${JSON.stringify(space)}`;
  return beyond(`The token holds for the keys that begin with ${JSON.stringify(prefix)}${where}.`);
}

function article(role: string): string {
  return role === "admin" ? "an admin" : `a ${role}`;
}

function beyond(message: string): GstoreError {
  return new GstoreError("REQUEST_REFUSED", message);
}

function tooMany(): GstoreError {
  return new GstoreError("TOO_BUSY", "These are too many requests at once. Ask more slowly.", {
    retryable: true,
  });
}

const TOO_MANY_REQUESTS = 429;

function refuse(
  thrown: unknown,
  to: {
    request: FastifyRequest;
    reply: FastifyReply;
    onFault: (error: unknown) => void;
    refusals: RequestRate;
  },
): FastifyReply {
  const { request, reply, refusals } = to;
  const isTooMany = !refusals.take(request.socket.remoteAddress ?? "");
  const error = isTooMany ? tooMany() : thrown;
  // What is still to come of its body is not waited for.
  reply.header("connection", "close");
  const { code } = error as { code?: unknown };
  if (code === "TOKEN_INVALID") reply.header("www-authenticate", 'Bearer realm="gstore"');
  if (code === "TOO_BUSY") reply.header("retry-after", "1");
  answerError(error, { ...to, ...(code === "TOO_BUSY" && { status: TOO_MANY_REQUESTS }) });
  return reply;
}
