import type { Token, TokenRole } from "./tokens/token.ts";

/** What a request must come with. */
export interface Access {
  /** The least role; null where no token is needed. */
  readonly role: TokenRole | null;
  /**
   * How a token that holds for one space or for some keys is kept to them. `key`: the path names the key. `listing`: the
   * query's prefix is narrowed. `handler`: the route's own code sees to it. `node`: it is refused, since the route is
   * about more than keys. `link`: the path is a share link, and no other token is taken. `page`: a file of the web page,
   * which tells nothing of the node's.
   */
  readonly scope: "key" | "listing" | "handler" | "node" | "link" | "page";
}

const open: Access = { role: null, scope: "node" };
const page: Access = { role: null, scope: "page" };
const key = (role: TokenRole): Access => ({ role, scope: "key" });
const listing: Access = { role: "reader", scope: "listing" };
const own = (role: TokenRole): Access => ({ role, scope: "handler" });
const node = (role: TokenRole): Access => ({ role, scope: "node" });

/** Who may do what over TCP, for every route that there is. What does not stand here is refused. */
export const ACCESS: Readonly<Record<string, Access>> = {
  "GET /healthz": open,
  "GET /readyz": open,
  "GET /metrics": node("reader"),
  // What it tells is the same for every node and token.
  "GET /openapi.json": own("reader"),
  "GET /s/:token": { role: "reader", scope: "link" },
  "GET /v1/spaces/:space/keys/*": key("reader"),
  "PUT /v1/spaces/:space/keys/*": key("writer"),
  "DELETE /v1/spaces/:space/keys/*": key("writer"),
  "GET /v1/spaces/:space/keys": listing,
  "GET /v1/spaces/:space/archive": listing,
  "GET /v1/spaces/:space/versions/*": key("reader"),
  "POST /v1/spaces/:space/versions/*": key("writer"),
  // What is purged can't be restored.
  "DELETE /v1/spaces/:space/versions/*": key("admin"),
  "GET /v1/spaces/:space/conflicts": listing,
  "GET /v1/spaces/:space/recent": listing,
  "GET /v1/spaces/:space/copies/*": key("reader"),
  "GET /v1/spaces/:space/placement/*": key("reader"),
  "POST /v1/spaces/:space/copy": own("writer"),
  "POST /v1/spaces/:space/move": own("writer"),
  "OPTIONS /v1/uploads": own("writer"),
  "POST /v1/uploads": own("writer"),
  "GET /v1/uploads/:id": own("writer"),
  "PATCH /v1/uploads/:id": own("writer"),
  "POST /v1/uploads/:id": own("writer"),
  "DELETE /v1/uploads/:id": own("writer"),
  "GET /v1/changes": own("reader"),
  "GET /v1/id": node("reader"),
  "GET /v1/status": node("reader"),
  "GET /v1/peers": node("reader"),
  "GET /v1/members": node("reader"),
  "GET /v1/spaces": node("reader"),
  "GET /v1/policies": node("reader"),
  "GET /v1/pins": node("reader"),
  "GET /v1/limits": node("reader"),
  "GET /v1/failures/:request": node("reader"),
  "POST /v1/safe": node("reader"),
  "POST /v1/plan": node("reader"),
  "POST /v1/usage": node("reader"),
  "POST /v1/du": node("reader"),
  "PUT /v1/pins": node("admin"),
  "DELETE /v1/pins": node("admin"),
  "PUT /v1/policies": node("admin"),
  "DELETE /v1/policies": node("admin"),
  "PUT /v1/limits": node("admin"),
  "POST /v1/spaces": node("admin"),
  "POST /v1/connect": node("admin"),
  "POST /v1/ping": node("admin"),
  "GET /v1/bootstrap": node("reader"),
  "POST /v1/bootstrap": node("admin"),
  "DELETE /v1/bootstrap": node("admin"),
  "DELETE /v1/members/:id": node("admin"),
  "PATCH /v1/members/:id": node("admin"),
  "GET /v1/invites": node("admin"),
  "POST /v1/invites": node("admin"),
  "DELETE /v1/invites/:id": node("admin"),
  "POST /v1/drain": node("admin"),
  "POST /v1/leave": node("admin"),
  "POST /v1/verify": node("admin"),
  "POST /v1/gc": node("admin"),
  "GET /": page,
  "GET /assets/:name": page,
  "POST /v1/sessions/codes": node("admin"),
  // The code is what it asks for.
  "POST /v1/session": open,
  "GET /v1/session": node("reader"),
  "DELETE /v1/session": node("reader"),
  "GET /v1/shares": node("admin"),
  "POST /v1/shares": node("admin"),
  "DELETE /v1/shares/:id": node("admin"),
  "GET /v1/tokens": node("admin"),
  "POST /v1/tokens": node("admin"),
  "DELETE /v1/tokens/:id": node("admin"),
};

/** What a route asks for; undefined for one that does not stand in the table. HEAD asks for what GET does. */
export function accessOf(method: string, route: string | undefined): Access | undefined {
  return ACCESS[`${method === "HEAD" ? "GET" : method} ${route}`];
}

const RANKS: Readonly<Record<TokenRole, number>> = { reader: 0, writer: 1, admin: 2 };

export function hasRole({ role }: Token, least: TokenRole): boolean {
  return RANKS[role] >= RANKS[least];
}
