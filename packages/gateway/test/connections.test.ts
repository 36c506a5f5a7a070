import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, onTestFinished, test } from "vitest";
import { TOKENS_MAX } from "../src/tokens/token-file.ts";
import { startHttp } from "./start-http.ts";

async function opened(url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.resume();
  return socket;
}

test("whoever takes too long for the head of a request is cut off", async () => {
  const { url } = await startHttp({ limits: { headTimeoutMs: 200 } });
  const socket = await opened(url);
  socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  await once(socket, "close");
});

test("whoever stops in the middle of a body is cut off, and nothing of it is stored", async () => {
  const { url, owner, node } = await startHttp({ limits: { stallTimeoutMs: 300 } });
  const { token } = await owner.access.create({ role: "writer" });
  const socket = await opened(url);
  const head = `PUT /v1/spaces/main/keys/a HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\n`;
  socket.write(`${head}Content-Length: 100\r\n\r\nhalf`);
  await once(socket, "close");
  await expect.poll(() => node.aborted).toBe(1);
  expect(node.files.size).toBe(0);
});

test("whoever takes nothing of an answer is cut off, and its reading ends", async () => {
  const { url, owner, node } = await startHttp({ limits: { stallTimeoutMs: 300 } });
  const { token } = await owner.access.create({ role: "reader" });
  await owner.put("large", Buffer.alloc(64 * 1024 * 1024));
  const headers = { authorization: `Bearer ${token}` };
  const outgoing = request(`${url}/v1/spaces/main/keys/large`, { headers, agent: false });
  onTestFinished(() => void outgoing.destroy());
  outgoing.on("response", (incoming) => incoming.pause());
  outgoing.on("error", () => {});
  outgoing.end();
  await expect.poll(() => node.aborted, { timeout: 30_000 }).toBe(1);
});

test("whoever waits for the node is not cut off", async () => {
  const { url, owner, node, ask } = await startHttp({ limits: { stallTimeoutMs: 200 } });
  const { token } = await owner.access.create({ role: "reader" });
  await owner.put("a", Buffer.from("text"));
  let answer = (): void => {};
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  let isAsked = false;
  const stat = node.stat.bind(node);
  node.stat = async (...asked) => {
    isAsked = true;
    await answering;
    return await stat(...asked);
  };
  const asked = ask({ method: "HEAD", path: "/v1/spaces/main/keys/a", token });
  await expect.poll(() => isAsked).toBe(true);
  // Connections that came later and wait for nothing are closed meanwhile.
  for (let times = 0; times < 2; times++) await once(await opened(url), "close");
  answer();
  expect((await asked).status).toBe(200);
});

test("more connections than so many are not taken", async () => {
  const { url } = await startHttp({ limits: { connectionsMax: 3, headTimeoutMs: 600_000 } });
  const held = await Promise.all([opened(url), opened(url), opened(url)]);
  const refused = await opened(url);
  await once(refused, "close");
  held[0]?.destroy();
  await expect
    .poll(async () => {
      const socket = await opened(url);
      socket.write("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
      const [first] = await Promise.race([once(socket, "data"), once(socket, "close")]);
      return String(first).startsWith("HTTP/1.1 200");
    })
    .toBe(true);
});

test("a node has so many tokens and no more", async () => {
  const { owner } = await startHttp();
  const [first] = await Promise.all(
    Array.from({ length: TOKENS_MAX }, () => owner.access.create({ role: "reader" })),
  );
  await expect(owner.access.create({ role: "reader" })).rejects.toMatchObject({ code: "TOO_LARGE" });
  await owner.access.revoke(first?.id ?? "");
  await owner.access.create({ role: "reader" });
  expect(await owner.access.tokens()).toHaveLength(TOKENS_MAX);
}, 60_000);

test.each([
  ["text/html", 406],
  ["text/event-stream;q=0, */*", 406],
  ["text/*", 200],
  ["application/json, text/event-stream", 200],
])("changes for who accepts %s are answered with %i", async (accept, status) => {
  const { url, owner } = await startHttp();
  const { token } = await owner.access.create({ role: "reader" });
  const headers = { authorization: `Bearer ${token}`, accept };
  const outgoing = request(`${url}/v1/changes`, { headers, agent: false }).end();
  const [incoming] = await once(outgoing, "response");
  expect(incoming.statusCode).toBe(status);
  outgoing.on("error", () => {});
  outgoing.destroy();
});

test("a link names an address that others reach, where the node listens at all of them", async () => {
  const { owner } = await startHttp({ address: { host: "0.0.0.0", port: 0 }, isInsecure: true });
  await owner.put("a", Buffer.from("text"));
  const { url } = await owner.access.share({ key: "a" });
  const { hostname } = new URL(url);
  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  expect(own).toContain(hostname);
  expect(hostname).not.toBe("0.0.0.0");
  expect(await (await fetch(url)).text()).toBe("text");
});
