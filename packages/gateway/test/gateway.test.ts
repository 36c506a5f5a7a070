import { chmod, link, mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findSocket, GatewayClient } from "../src/client.ts";
import { createGateway, SOCKET_PATH_BYTES_MAX, socketPlace } from "../src/index.ts";
import { MemoryNode } from "./memory-node.ts";
import { startGateway, temporaryFolder } from "./start-gateway.ts";

test("the socket and its folder are open to nobody else", async () => {
  const { gateway, dir } = await startGateway();
  expect(gateway.socketPath).toBe(findSocket(dir));
  expect((await stat(gateway.socketPath)).mode & 0o777).toBe(0o600);
  expect((await stat(join(gateway.socketPath, ".."))).mode & 0o777).toBe(0o700);
});

test("a folder with a long path gets its socket in a short private folder, which every client finds", async () => {
  const dir = join(await temporaryFolder(), "x".repeat(120));
  await mkdir(dir);
  const link = join(await temporaryFolder(), "link");
  await symlink(dir, link);
  const node = new MemoryNode();
  const gateway = createGateway({ node, dir });
  await gateway.start();
  onTestFinished(() => gateway.stop());
  expect(Buffer.byteLength(gateway.socketPath)).toBeLessThanOrEqual(SOCKET_PATH_BYTES_MAX);
  expect((await stat(gateway.socketPath)).mode & 0o777).toBe(0o600);
  expect((await stat(join(gateway.socketPath, ".."))).mode & 0o777).toBe(0o700);
  for (const path of [dir, link]) {
    const client = new GatewayClient({ dir: path });
    expect((await client.status()).name).toBe("anna");
    client.close();
  }
});

test("a folder for the socket that others can enter is refused", async () => {
  const dir = await temporaryFolder();
  const [run = ""] = socketPlace(dir).folders;
  await mkdir(run);
  await chmod(run, 0o755);
  const gateway = createGateway({ node: new MemoryNode(), dir });
  await expect(gateway.start()).rejects.toMatchObject({ code: "REQUEST_REFUSED", fields: { path: run } });
});

test("a second gateway on the same folder is told that one runs", async () => {
  const { dir, client } = await startGateway();
  const second = createGateway({ node: new MemoryNode(), dir });
  await expect(second.start()).rejects.toMatchObject({ code: "ALREADY_RUNNING" });
  await second.stop();
  expect((await client.status()).name).toBe("anna");
});

test("a node whose folder was made anew under it leaves the socket of the newer node there alone", async () => {
  const older = await startGateway();
  await rm(older.dir, { recursive: true });
  await mkdir(older.dir);
  const newer = createGateway({ node: new MemoryNode(), dir: older.dir });
  onTestFinished(() => newer.stop());
  await newer.start();
  expect(newer.socketPath).toBe(older.gateway.socketPath);
  await older.gateway.stop();
  const client = new GatewayClient({ dir: older.dir });
  onTestFinished(() => client.close());
  expect((await client.id()).name).toBe("anna");
  await newer.stop();
  expect(await readdir(join(older.dir, "run"))).toEqual([]);
});

test("a socket that a killed process left is taken over, a file in its place is not touched", async () => {
  const dir = await temporaryFolder();
  const { path, folders } = socketPlace(dir);
  await mkdir(folders[0] ?? "", { mode: 0o700 });
  const dead = createServer().listen(path);
  await new Promise((resolve) => dead.once("listening", resolve));
  // Closing would remove the socket, as a killed process doesn't.
  const kept = `${path}.kept`;
  await link(path, kept);
  await new Promise((resolve) => dead.close(resolve));
  await link(kept, path);
  const gateway = createGateway({ node: new MemoryNode(), dir });
  await gateway.start();
  await gateway.stop();
  await writeFile(path, "");
  const refused = createGateway({ node: new MemoryNode(), dir });
  await expect(refused.start()).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
});

test("without a node the client says how to start one", async () => {
  const dir = await temporaryFolder();
  const client = new GatewayClient({ dir: join(dir, "my node") });
  const error = await client.status().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "NOT_RUNNING", retryable: true });
  expect(String(error)).toContain(`gstore --dir '${join(dir, "my node")}' up`);
});

test("stopping ends streams that have no end of their own", async () => {
  const { gateway, client, node } = await startGateway();
  const outgoing = request({ socketPath: gateway.socketPath, path: "/v1/changes" }).end();
  await new Promise((resolve) => outgoing.once("response", (incoming) => resolve(incoming.resume())));
  await gateway.stop();
  expect(node.listeners).toBe(0);
  await expect(client.status()).rejects.toMatchObject({ code: "NOT_RUNNING" });
});
