import { type TSchema, Type } from "typebox";
import {
  drainLine,
  dropLine,
  gcLine,
  leaveLine,
  pinLine,
  policyLine,
  usageLine,
  verifyLine,
} from "./job-lines.ts";
import { lines, type Operation, operation } from "./operation.ts";

const metrics: Record<string, TSchema> = { "text/plain": Type.String() };

export const OPERATIONS_OF_NODE: Readonly<Record<string, Operation>> = {
  "GET /healthz": operation("node", "isAlive", "Answers while the node does"),
  "GET /readyz": operation("node", "isReady", "Answers 503 while the node stops"),
  "GET /metrics": operation("node", "readMetrics", "The node in Prometheus' text format", {
    answers: { 200: { description: "Metrics without labels.", content: metrics } },
  }),
  "GET /openapi.json": operation("node", "readOpenApi", "This document", {
    answers: {
      200: {
        description: "A document of OpenAPI 3.1.",
        content: { "application/json": Type.Record(Type.String(), Type.Unknown()) },
      },
    },
  }),
  "GET /v1/id": operation("node", "readId", "Who the node is"),
  "GET /v1/status": operation("node", "readStatus", "What the node is, holds and does"),
  "GET /v1/limits": operation("node", "readLimits", "Bytes per second of bulk transfers; null for no limit"),
  "PUT /v1/limits": operation("node", "setLimits", "Changes the limits that it names until the node stops"),
  "POST /v1/drain": operation(
    "node",
    "drainNode",
    "Has others make copies of all that this node holds",
    lines(drainLine),
  ),
  "POST /v1/leave": operation("node", "leaveNetwork", "Takes this node out of its network", lines(leaveLine)),
  "POST /v1/usage": operation(
    "upkeep",
    "measureStore",
    "What this node's store is used for",
    lines(usageLine),
  ),
  "POST /v1/gc": operation(
    "upkeep",
    "collectGarbage",
    "Gives up old history and takes away what no version names any more",
    lines(gcLine),
  ),
  "POST /v1/verify": operation(
    "upkeep",
    "verifyStore",
    "Re-reads and checks everything stored; mends it with `repair=true`",
    lines(verifyLine),
  ),
  "GET /v1/peers": operation("network", "listPeers", "The other members, and the ways to them"),
  "POST /v1/connect": operation("network", "connectTo", "Connects to another node", { errors: [502, 504] }),
  "POST /v1/ping": operation("network", "pingMember", "Measures the round trip to a member", {
    errors: [502, 504],
  }),
  "GET /v1/bootstrap": operation("network", "listBootstrap", "Addresses that the node stays connected to"),
  "POST /v1/bootstrap": operation("network", "addBootstrap", "Stays connected to an address"),
  "DELETE /v1/bootstrap": operation("network", "removeBootstrap", "Stays connected to an address no longer"),
  "GET /v1/members": operation("network", "listMembers", "The members, the node itself included"),
  "DELETE /v1/members/:id": operation("network", "removeMember", "Removes a member, named by id or name"),
  "PATCH /v1/members/:id": operation(
    "network",
    "changeMember",
    "Gives a member another role, and states its capacity and zone, and whether it is being emptied",
  ),
  "GET /v1/invites": operation("network", "listInvites", "Invitations of this node, without their tickets"),
  "POST /v1/invites": operation("network", "invite", "Makes an invitation; no later answer has its ticket"),
  "DELETE /v1/invites/:id": operation("network", "withdrawInvite", "Withdraws an invitation"),
  "GET /v1/spaces": operation("network", "listSpaces", "The spaces that this node can read"),
  "POST /v1/spaces": operation("network", "createSpace", "Makes a space with keys of its own", {
    errors: [412],
  }),
  "GET /v1/policies": operation("policies", "listPolicies", "The policies of a space", { errors: [404] }),
  "PUT /v1/policies": operation(
    "policies",
    "setPolicy",
    "Sets the policy of the keys that begin with a prefix",
    lines(policyLine),
  ),
  "DELETE /v1/policies": operation("policies", "removePolicy", "Drops a policy", lines(policyLine)),
  "GET /v1/pins": operation("policies", "listPins", "What this node keeps whatever the policies say"),
  "PUT /v1/pins": operation(
    "policies",
    "pin",
    "Keeps the keys that begin with a prefix, or one key",
    lines(pinLine),
  ),
  "DELETE /v1/pins": operation("policies", "unpin", "Keeps them no longer", lines(dropLine)),
  "POST /v1/sessions/codes": operation(
    "access",
    "createSessionCode",
    "Makes a code by which one browser signs in to the page, once",
  ),
  "POST /v1/session": operation(
    "access",
    "openSession",
    "Trades a code for the cookie of a session and its key",
    {
      errors: [401],
    },
  ),
  "GET /v1/session": operation("access", "readSession", "The session that the request comes with"),
  "DELETE /v1/session": operation("access", "endSession", "Ends the session, and what runs by it"),
  "GET /v1/tokens": operation("access", "listTokens", "The tokens of the port, without their secrets"),
  "POST /v1/tokens": operation("access", "createToken", "Makes a token; no later answer has its secret"),
  "DELETE /v1/tokens/:id": operation(
    "access",
    "revokeToken",
    "Revokes a token, and cuts off what runs by it",
  ),
  "GET /v1/shares": operation("access", "listShares", "Links that share a file, without their secrets"),
  "POST /v1/shares": operation("access", "createShare", "Makes a link by which anybody reads one file", {
    errors: [404],
  }),
  "DELETE /v1/shares/:id": operation("access", "revokeShare", "Withdraws a link"),
};
