import type { FastifyReply, FastifyRequest } from "fastify";

interface Route {
  readonly method: string;
  readonly url: string;
}

/** Answers what no route is for: 405 with the methods that there are (RFC 9110 section 15.5.6), or 404. */
export function answerUnrouted(
  request: FastifyRequest,
  reply: FastifyReply,
  routes: readonly Route[],
): FastifyReply {
  const [path = ""] = (request.raw.url ?? "").split("?", 1);
  const allowed = [
    ...new Set(routes.filter(({ url }) => isOf(url, path)).map(({ method }) => method)),
  ].sort();
  // A route that finds nothing there is one for this method all the same.
  const isMethod = allowed.length > 0 && !allowed.includes(request.method);
  if (isMethod) reply.header("allow", allowed.join(", "));
  const message = isMethod
    ? `${request.method} is none of the methods of this path: ${allowed.join(", ")}.`
    : "There is nothing under this path. The API is described in docs/spec/http.md.";
  return reply
    .code(isMethod ? 405 : 404)
    .send({ code: "INVALID_ARGUMENT", message, retryable: false, fields: {} });
}

/** Whether a path is one of a route's: `:name` stands for a part of it, and `*` at the end for the rest. */
function isOf(url: string, path: string): boolean {
  const [parts, given] = [url.split("/"), path.split("/")];
  const isOpenEnded = parts.at(-1) === "*";
  if (isOpenEnded ? given.length < parts.length : given.length !== parts.length) return false;
  return parts.every((part, index) => part === "*" || part.startsWith(":") || part === given[index]);
}
