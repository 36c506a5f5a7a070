import { expect, test } from "vitest";
import { GatewayClient, type LeaveEvent } from "../src/client.ts";
import { startGateway } from "./start-gateway.ts";

test("members are listed, given another role and removed, by id or name", async () => {
  const { client, node } = await startGateway();
  const { membership } = client;
  const berta = {
    id: "12D3KooWBerta",
    name: "berta",
    role: "writer",
    spaces: null,
    self: false,
    admitted: "2023-11-14T22:13:20.000Z",
    connected: false,
    lastSeen: null,
    address: null,
    capacityBytes: null,
    zone: null,
    full: false,
    draining: false,
  };
  expect(await membership.members()).toEqual([expect.objectContaining({ name: "anna", self: true }), berta]);
  const changed = await membership.setRole({ member: "berta", role: "reader" });
  expect(changed).toEqual({ ...berta, role: "reader" });
  expect(await membership.removeMember(berta.id)).toEqual({ id: berta.id, name: "berta" });
  await expect(membership.removeMember("berta")).rejects.toMatchObject({ code: "NOT_A_MEMBER" });
  const events: LeaveEvent[] = [];
  for await (const event of membership.leave()) events.push(event);
  expect(events).toEqual([
    { type: "progress", stage: "checking", versions: 3, versionsTotal: 5 },
    {
      ...{ type: "report", id: node.id, name: "anna" },
      ...{
        handedOver: { files: 2, older: 0, removals: 0, bytes: 7 },
        kept: { files: 5, older: 0, removals: 0, bytes: 0 },
      },
      onlyHere: { files: 0, older: 0, removals: 0, bytes: 0, keys: [] },
    },
  ]);
  expect(await membership.members()).toEqual([]);
});

test("a node stays where something is on no other node, unless it is told to leave all the same", async () => {
  const { client, node } = await startGateway();
  const keys = [{ space: "main", key: "a" }];
  node.onlyHere = { files: 1, older: 0, removals: 0, bytes: 9, keys };
  const reportOf = async (force: boolean): Promise<LeaveEvent | undefined> => {
    let last: LeaveEvent | undefined;
    for await (const event of client.membership.leave({ force })) last = event;
    return last;
  };
  await expect(reportOf(false)).rejects.toMatchObject({ code: "LEAVE_INCOMPLETE", fields: { actual: 1 } });
  expect(await client.membership.members()).toHaveLength(2);
  expect(await reportOf(true)).toMatchObject({ onlyHere: { files: 1, bytes: 9, keys } });
});

test("leaving is broken off when its client goes away", async () => {
  const { client, node } = await startGateway();
  let aborted: (reason: unknown) => void = () => {};
  const reason = new Promise((resolve) => {
    aborted = resolve;
  });
  node.beforeLeaving = (signal) =>
    new Promise((_, reject) => {
      signal?.addEventListener("abort", () => {
        aborted(signal.reason);
        reject(signal.reason);
      });
    });
  const controller = new AbortController();
  const events = client.membership.leave({ signal: controller.signal });
  await events.next();
  controller.abort();
  await expect(events.next()).rejects.toMatchObject({ code: "ABORTED" });
  expect(await reason).toMatchObject({ code: "ABORTED" });
  expect(await client.membership.members()).toHaveLength(2);
});

test("an invitation gives its ticket once, and can be withdrawn", async () => {
  const { client, node } = await startGateway();
  const { membership } = client;
  const request = {
    role: "reader",
    spaces: ["main"],
    lifetime: "30d",
    uses: 3,
    addresses: ["/ip4/192.0.2.7/tcp/1"],
  };
  const { ticket, ...issued } = await membership.invite(request);
  const { role, spaces, uses, addresses } = request;
  expect(node.lastInvite).toEqual({ role, spaces, uses, addresses, lifetimeMs: 30 * 86_400_000 });
  expect(issued).toMatchObject({ role, spaces, uses, usesLeft: 3, expires: "2023-12-14T22:13:20.000Z" });
  expect(await membership.invites()).toEqual([issued]);
  expect(JSON.stringify(await membership.invites())).not.toContain(ticket);
  expect(await membership.withdrawInvite(issued.id)).toEqual({ id: issued.id });
  await expect(membership.withdrawInvite(issued.id)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  expect(await membership.invite({})).toMatchObject({ expires: null, uses: 1 });
});

test.each([
  ["POST", "/v1/invites", { uses: 0 }],
  ["POST", "/v1/invites", { spaces: [] }],
  ["POST", "/v1/invites", { lifetime: "soon" }],
  ["POST", "/v1/invites", { lifetime: "4000d" }],
  ["POST", "/v1/invites", { rolle: "writer" }],
  ["PATCH", "/v1/members/berta", {}],
  ["POST", "/v1/spaces", { name: "" }],
  ["POST", "/v1/leave", { force: "yes" }],
] as const)("%s %s with %j is refused", async (method, path, body) => {
  const { raw } = await startGateway();
  const headers = { "content-type": "application/json" };
  const answer = await raw({ method, path, headers, body: JSON.stringify(body) });
  expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, "INVALID_ARGUMENT"]);
});

test("each space has keys of its own; one that is not there is 404", async () => {
  const { client, raw, dir } = await startGateway();
  const name = "fotos & /100%";
  expect(await client.membership.createSpace(name)).toMatchObject({ name, keys: 0 });
  await expect(client.membership.createSpace(name)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
  const other = new GatewayClient({ dir, space: name });
  await other.put("a/b", Buffer.from("other"));
  await client.put("a/b", Buffer.from("main"));
  await other.put("c", Buffer.from("c"));
  expect((await other.stat("a/b")).size).toBe(5);
  expect((await client.stat("a/b")).size).toBe(4);
  expect((await other.page("")).items.map(({ key }) => key)).toEqual(["a/b", "c"]);
  await other.remove("a/b");
  expect((await client.page("")).items.map(({ key }) => key)).toEqual(["a/b"]);
  expect(await client.membership.spaces()).toMatchObject([
    { name: "main", keys: 1 },
    { name, keys: 1 },
  ]);
  other.close();
  for (const [method, path] of [
    ["GET", "/v1/spaces/none/keys"],
    ["GET", "/v1/spaces/none/keys/a"],
    ["PUT", "/v1/spaces/none/keys/a"],
    ["DELETE", "/v1/spaces/none/keys/a"],
  ] as const) {
    const answer = await raw({ method, path });
    expect([method, answer.status, JSON.parse(answer.body).code]).toEqual([method, 404, "SPACE_NOT_FOUND"]);
  }
});
