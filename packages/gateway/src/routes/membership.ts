import { GstoreError, MEMBERS_MAX } from "@gstore/core";
import type { InviteOptions } from "@gstore/server";
import { type Static, Type } from "typebox";
import { INVITE_LIFETIME_MS_MAX, parseDuration } from "../duration.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import {
  idOnlySchema,
  invitesSchema,
  issuedInviteSchema,
  memberSchema,
  membersSchema,
  nodeRefSchema,
  spaceSchema,
  spacesSchema,
} from "../schemas.ts";
import { inviteRecord, memberRecord, spaceRecord } from "../wire.ts";

const ADDRESSES_MAX = 8;
const SPACES_MAX = 256;
const strict = { additionalProperties: false };

const word = Type.String({ minLength: 1, maxLength: 1024 });
const wordParams = Type.Object({ id: word });
const changeBody = Type.Object(
  {
    role: Type.Optional(word),
    capacityBytes: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
    zone: Type.Optional(Type.Union([word, Type.Null()])),
    draining: Type.Optional(Type.Boolean()),
  },
  { ...strict, minProperties: 1 },
);
const spaceBody = Type.Object({ name: word }, strict);
const inviteBody = Type.Object(
  {
    role: Type.Optional(word),
    spaces: Type.Optional(Type.Array(word, { minItems: 1, maxItems: SPACES_MAX })),
    lifetime: Type.Optional(Type.String({ maxLength: 40 })),
    uses: Type.Optional(Type.Integer({ minimum: 1, maximum: MEMBERS_MAX })),
    addresses: Type.Optional(Type.Array(word, { maxItems: ADDRESSES_MAX })),
  },
  strict,
);

/** Who is in the network, who is invited, and its spaces. */
export function registerMembership(app: GatewayServer, context: GatewayContext): void {
  registerMembers(app, context);
  registerInvites(app, context);
  registerSpaces(app, context);
}

function registerMembers(app: GatewayServer, { node }: GatewayContext): void {
  app.get("/v1/members", { schema: { response: { 200: membersSchema } } }, async () => ({
    members: node.members().map(memberRecord),
  }));
  app.delete(
    "/v1/members/:id",
    { schema: { params: wordParams, response: { 200: nodeRefSchema } } },
    async ({ params }) => {
      const { peer, name } = await node.removeMember(params.id);
      return { id: peer, name };
    },
  );
  app.patch(
    "/v1/members/:id",
    { schema: { params: wordParams, body: changeBody, response: { 200: memberSchema } } },
    async ({ params, body }) => {
      const { role, draining, ...stated } = body;
      const attributes = { ...stated, ...(draining !== undefined && { isDraining: draining }) };
      if (role !== undefined) await node.setRole(params.id, role);
      if (Object.keys(attributes).length > 0) await node.setAttributes(params.id, attributes);
      const member = node.members().find(({ peer, name }) => peer === params.id || name === params.id);
      if (member !== undefined) return memberRecord(member);
      throw new GstoreError("NOT_A_MEMBER", `There is no member ${params.id} any more.`);
    },
  );
}

function registerInvites(app: GatewayServer, { node }: GatewayContext): void {
  app.get("/v1/invites", { schema: { response: { 200: invitesSchema } } }, async () => ({
    invites: node.invites().map(inviteRecord),
  }));
  app.post(
    "/v1/invites",
    { schema: { body: inviteBody, response: { 200: issuedInviteSchema } } },
    async ({ body }, reply) => {
      const issued = await node.invite(inviteOptions(body));
      reply.header("cache-control", "no-store");
      return { ...inviteRecord(issued), ticket: issued.ticket };
    },
  );
  app.delete(
    "/v1/invites/:id",
    { schema: { params: wordParams, response: { 200: idOnlySchema } } },
    async ({ params: { id } }) => {
      await node.withdrawInvite(id);
      return { id };
    },
  );
}

function registerSpaces(app: GatewayServer, { node }: GatewayContext): void {
  app.get("/v1/spaces", { schema: { response: { 200: spacesSchema } } }, async () => ({
    spaces: node.spaces().map(spaceRecord),
  }));
  app.post(
    "/v1/spaces",
    { schema: { body: spaceBody, response: { 200: spaceSchema } } },
    async ({ body: { name } }) => {
      await node.createSpace(name);
      const made = node.spaces().find((space) => space.name === name);
      if (made !== undefined) return spaceRecord(made);
      throw new GstoreError("SPACE_NOT_FOUND", `The space "${name}" was made, and this node can't read it.`);
    },
  );
}

function inviteOptions({ lifetime, ...rest }: Static<typeof inviteBody>): InviteOptions {
  if (lifetime === undefined) return rest;
  return { ...rest, lifetimeMs: parseDuration(lifetime, INVITE_LIFETIME_MS_MAX) };
}
