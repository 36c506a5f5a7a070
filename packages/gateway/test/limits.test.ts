import { expect, test } from "vitest";
import { startGateway } from "./start-gateway.ts";

test("limits are shown and changed, and what a change leaves out stays", async () => {
  const { client } = await startGateway();
  expect(await client.limits()).toEqual({ up: null, down: null });
  expect(await client.setLimits({ up: 1_000_000 })).toEqual({ up: 1_000_000, down: null });
  expect(await client.setLimits({ down: 70_000 })).toEqual({ up: 1_000_000, down: 70_000 });
  expect(await client.setLimits({ up: null })).toEqual({ up: null, down: 70_000 });
  expect(await client.limits()).toEqual({ up: null, down: 70_000 });
});

test.each(['{"sideways":1}', '{"up":"fast"}', '{"up":0}', '{"up":-5}'])(
  "the limits %s are refused",
  async (body) => {
    const { raw } = await startGateway();
    const headers = { "content-type": "application/json" };
    const answer = await raw({ method: "PUT", path: "/v1/limits", headers, body });
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([400, "INVALID_ARGUMENT"]);
  },
);
