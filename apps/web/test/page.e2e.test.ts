import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { expectAccessible, openPage, startBrowser } from "./support/browser.ts";
import { listManyKeys } from "./support/many-keys.ts";
import { type PageNode, startThreeNodes, type ThreeNodes } from "./support/three-nodes.ts";

const SLOW_MS = 240_000;
/** Long enough that the browser does not read all of the file at once. */
const SOUND_SECONDS = 300;
const SCRIPT_BYTES_MAX = 200 * 1024;

let nodes: ThreeNodes;
let browser: Browser;

beforeAll(async () => {
  [nodes, browser] = await Promise.all([startThreeNodes(), startBrowser()]);
}, SLOW_MS);

afterAll(async () => {
  await browser?.close();
  await nodes?.stop();
}, SLOW_MS);

const text = (name: string, content: string) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(content),
});

test("what is uploaded at one node's page is seen at another's, restored there, and deleted with a way back", {
  timeout: SLOW_MS,
}, async () => {
  const { anna, berta } = nodes;
  const one = await openPage(browser, anna.url);
  const [first, second] = [one.page, (await openPage(browser, berta.url)).page];
  await first.goto(anna.url);
  await first.getByText("Sign in to this node").waitFor();
  await expectAccessible(first, "sign-in");
  const link = await signIn(anna);
  await first.goto(link);
  await first.getByText("Nothing is stored yet").waitFor();
  expect(one.scriptBytes()).toBeLessThan(SCRIPT_BYTES_MAX);
  expect(first.url()).not.toContain("code");
  await expectAccessible(first, "empty");

  await second.goto(await signIn(berta));
  await second.getByText("Nothing is stored yet").waitFor();
  await first
    .locator("input[type=file]")
    .first()
    .setInputFiles([text("plan.md", "first"), text("list 10.txt", "x")]);
  await second.getByRole("button", { name: "plan.md" }).first().waitFor();
  await second.getByRole("button", { name: "list 10.txt" }).first().waitFor();

  await first
    .locator("input[type=file]")
    .nth(1)
    .setInputFiles(await folderOfFiles());
  await second.getByRole("link", { name: "trip" }).first().click();
  await second.getByRole("link", { name: "day 1" }).first().click();
  await second.getByRole("button", { name: "walk.txt" }).first().waitFor();
  await second.goBack();
  await second.goBack();

  await berta.run(["put", "-", "plan.md"], "second thoughts");
  await first.getByRole("button", { name: "plan.md", exact: false }).first().click();
  await first.locator("pre").getByText("second thoughts").waitFor();
  await first.getByRole("tab", { name: "Versions" }).click();
  await first.getByText("current", { exact: true }).waitFor();
  await expectAccessible(first, "versions");
  await first.getByRole("button", { name: /^Restore the version/ }).click();
  await first.locator("pre").getByText("first", { exact: true }).waitFor();
  await first.keyboard.press("Escape");

  await second.getByRole("button", { name: "Actions for plan.md" }).click();
  await expectAccessible(second, "menu");
  await second.getByRole("menuitem", { name: "Delete" }).click();
  // A notice that the pointer rests on stays, however long the other page takes.
  await second.getByRole("button", { name: "Undo" }).hover();
  await first.getByRole("button", { name: "plan.md" }).first().waitFor({ state: "detached" });
  await second.getByRole("button", { name: "Undo" }).click();
  await first.getByRole("button", { name: "plan.md" }).first().waitFor();
  expect(await berta.run(["cat", "plan.md"])).toBe("first");

  // Long after the notice has gone, and at another node than deleted it.
  await anna.run(["rm", "list 10.txt"]);
  await second.getByRole("button", { name: "list 10.txt" }).first().waitFor({ state: "detached" });
  await second.getByRole("button", { name: "Deleted files" }).click();
  const restore = second.getByRole("button", { name: "Restore list 10.txt" });
  await restore.waitFor();
  await expectAccessible(second, "deleted files");
  await restore.click();
  await second.getByText("Nothing was deleted here").waitFor();
  expect(await anna.run(["cat", "list 10.txt"])).toBe("x");
  expect(one.faults).toEqual([]);

  await first.getByRole("button", { name: "Sign out" }).click();
  await first.getByText("Sign in to this node").waitFor();
  await first.goto(link);
  await first.getByText("was used already").waitFor();
});

test("100,000 keys of a folder scroll, sort and are walked through by keys, and a few rows of them are there", {
  timeout: SLOW_MS,
}, async () => {
  const { anna } = nodes;
  const { page, faults } = await openPage(browser, anna.url);
  const count = 100_000;
  await page.addInitScript(listManyKeys, count);
  await page.goto(await signIn(anna));
  await page.getByText("100,000 items", { exact: true }).waitFor();
  await page.getByRole("button", { name: "key-000000" }).first().focus();
  await page.keyboard.press("End");
  await page.getByRole("button", { name: "key-099999" }).first().waitFor();
  await page.waitForFunction(() => document.activeElement?.textContent?.includes("key-099999") === true);
  await page.getByRole("button", { name: "Size" }).click();
  await page
    .getByRole("columnheader", { name: "Size" })
    .and(page.locator("[aria-sort=descending]"))
    .waitFor();
  expect(await page.getByRole("row").count()).toBeLessThan(60);
  expect(await page.getByRole("table").getAttribute("aria-rowcount")).toBe(String(count + 1));
  await expectAccessible(page, "many");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForFunction(() => document.documentElement.scrollWidth === 390);
  await expectAccessible(page, "phone");
  expect(faults).toEqual([]);
});

test("a file that is a web page is shown as text, and runs nothing", { timeout: SLOW_MS }, async () => {
  const { anna } = nodes;
  const { page, faults } = await openPage(browser, anna.url);
  const evil =
    "<title>evil</title><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">";
  await anna.run(["put", "-", "evil.html"], evil);
  await page.goto(await signIn(anna));
  await page.getByRole("button", { name: "evil.html" }).first().click();
  await page.locator("pre").getByText("document.title").waitFor();
  expect(await page.title()).toBe("gstore");
  expect(faults).toEqual([]);
  // Opened by itself it is saved and not shown.
  const download = page.waitForEvent("download");
  await page.goto(`${anna.url}/v1/spaces/main/keys/evil.html`).catch(() => {});
  expect((await download).suggestedFilename()).toBe("evil.html");
});

test("a file is shared until its link is withdrawn, gets another name, and a sound plays from where it is wanted", {
  timeout: SLOW_MS,
}, async () => {
  const { anna } = nodes;
  const { page, faults } = await openPage(browser, anna.url);
  const folder = await mkdtemp(join(tmpdir(), "gstore-sound-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "hum.wav"), hum(SOUND_SECONDS));
  await anna.run(["put", join(folder, "hum.wav"), "hum.wav"]);
  await anna.run(["put", "-", "note.txt"], "for all");
  await page.goto(await signIn(anna));
  const choose = async (action: string): Promise<void> => {
    await page.getByRole("button", { name: "Actions for note.txt" }).click();
    await page.getByRole("menuitem", { name: action }).click();
  };
  await choose("Share by link");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.getByRole("textbox", { name: "The link" }).inputValue();
  // By nobody that is signed in.
  expect(await (await fetch(link)).text()).toBe("for all");
  await expectAccessible(page, "a shared file");
  await page.getByRole("button", { name: "Withdraw this link" }).click();
  await page.getByRole("button", { name: "Make the link" }).waitFor();
  expect((await fetch(link)).status).toBe(404);
  await page.keyboard.press("Escape");
  await choose("Rename");
  await page.getByRole("textbox", { name: "New name" }).fill("renamed.txt");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("button", { name: "renamed.txt" }).first().waitFor();
  expect(await anna.run(["cat", "renamed.txt"])).toBe("for all");
  await page.getByRole("button", { name: "hum.wav" }).first().click();
  const sound = page.locator("audio");
  await sound.evaluate(
    (audio: HTMLAudioElement) =>
      audio.readyState > 0 || new Promise((known) => audio.addEventListener("loadedmetadata", known)),
  );
  const at = await sound.evaluate(async (audio: HTMLAudioElement) => {
    const there = new Promise((seeked) => audio.addEventListener("seeked", seeked));
    audio.currentTime = audio.duration * 0.9;
    await there;
    return audio.currentTime;
  });
  expect(at).toBeCloseTo(SOUND_SECONDS * 0.9, 1);
  expect(faults).toEqual([]);
});

test("by keys alone a folder is opened and a file deleted there: the focus goes to the next row", {
  timeout: SLOW_MS,
}, async () => {
  const { anna } = nodes;
  const { page, faults } = await openPage(browser, anna.url);
  const focusIs = async (name: string): Promise<void> => {
    await page.waitForFunction(
      (text) => document.activeElement?.textContent?.startsWith(text) === true,
      name,
    );
  };
  await page.goto(await signIn(anna));
  await page.getByRole("link", { name: "trip" }).first().focus();
  await page.keyboard.press("Enter");
  await focusIs("day 1");
  await page.keyboard.press("ArrowDown");
  await focusIs("list.txt");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("End");
  await focusIs("Delete");
  await page.keyboard.press("Enter");
  await focusIs("day 1");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.getByRole("button", { name: "list.txt" }).first().waitFor();
  expect(faults).toEqual([]);
});

test("the network, its safety, what happens and the settings are shown; a node that is gone is missed, and removed", {
  timeout: SLOW_MS,
}, async () => {
  const { anna, carol } = nodes;
  const { page, faults } = await openPage(browser, anna.url);
  const views = async (name: string): Promise<void> => {
    await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name }).click();
    await page.getByRole("heading", { name, level: 1 }).waitFor();
  };
  await page.goto(await signIn(anna));
  await views("Network");
  await page.getByRole("img", { name: "anna is connected to 2 of 2 other nodes." }).waitFor();
  await expectAccessible(page, "network");
  await page.getByRole("button", { name: "Invite a node" }).click();
  await page.getByRole("button", { name: "Make the ticket" }).click();
  await page.getByRole("img", { name: "The ticket as a QR code" }).waitFor();
  await expectAccessible(page, "invitation");
  await page.keyboard.press("Escape");
  await views("Activity");
  // Stored before this page was opened.
  await page.getByRole("link", { name: "walk.txt" }).waitFor();
  await anna.run(["put", "-", "seen.txt"], "seen");
  await page.getByRole("link", { name: "seen.txt" }).waitFor();
  await expectAccessible(page, "activity");
  await views("Settings");
  await page.getByRole("radio", { name: "Dark" }).check();
  expect(await page.evaluate(() => getComputedStyle(document.body).colorScheme)).toBe("dark");
  await page.getByRole("radio", { name: "As the system" }).check();
  await expectAccessible(page, "settings");
  await changeSettings(page, anna);
  await views("Safety");
  await countUntil(page, page.getByText("All files are safe"));
  await expectAccessible(page, "safe");
  await carol.kill();
  await countUntil(page, page.getByRole("cell", { name: /^not connected/ }));
  await page.getByRole("heading", { name: /short of copies$/ }).waitFor();
  await expectAccessible(page, "short of copies");
  await views("Network");
  await page.getByRole("button", { name: "Remove carol" }).click();
  const warning = page.getByRole("dialog", { name: "Remove carol?" });
  await warning.getByText("What it has read stays readable to it").waitFor();
  await expectAccessible(page, "removal");
  await warning.getByRole("button", { name: "Remove carol" }).click();
  await page.getByRole("img", { name: "anna is connected to 1 of 1 other node." }).waitFor();
  expect(await anna.run(["members"])).not.toContain("carol");
  expect(faults).toEqual([]);
});

test("a large file goes in pieces: it is paused, and goes on where it was", {
  timeout: SLOW_MS,
}, async () => {
  const { anna } = nodes;
  const { page, faults } = await openPage(browser, anna.url);
  await page.goto(await signIn(anna));
  const folder = await mkdtemp(join(tmpdir(), "gstore-large-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "large.bin");
  const size = 12 * 1024 * 1024;
  await writeFile(file, Buffer.alloc(size, "gstore "));
  const session = await page.context().newCDPSession(page);
  // So slow that it can't be over before it is paused.
  const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 64 * 1024 };
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", slow);
  await page.locator("input[type=file]").first().setInputFiles(file);
  await page.getByRole("button", { name: "Pause large.bin" }).click();
  await page.getByText(/^paused at/).waitFor();
  await session.send("Network.emulateNetworkConditions", { ...slow, uploadThroughput: -1 });
  await page.getByRole("button", { name: "Go on with large.bin" }).click();
  await page.getByText("1 file stored").waitFor();
  expect((await anna.run(["stat", "large.bin", "--json"])).includes(`"size":${size}`)).toBe(true);
  expect(faults).toEqual([]);
});

/** Limits, the rule of a folder, and a token: each set at the page, and looked at elsewhere. */
async function changeSettings(page: Page, node: PageNode): Promise<void> {
  const field = (role: "textbox" | "spinbutton", name: RegExp) => page.getByRole(role, { name });
  const press = async (name: string): Promise<void> => await page.getByRole("button", { name }).click();
  await field("spinbutton", /^Sending/).fill("2.5");
  await press("Set the limits");
  await page.getByText("The limits hold").waitFor();
  expect(await node.run(["limit"])).toContain("2.5 MB/s");
  await press("Rule for a folder");
  await field("textbox", /^Folder/).fill("once/");
  await field("spinbutton", /^Copies/).fill("1");
  await press("Set the rule");
  // It contradicts itself still.
  await page.getByRole("alert").waitFor();
  await expectAccessible(page, "a rule that is refused");
  await field("spinbutton", /^In danger below/).fill("1");
  await press("Set the rule");
  await page.getByRole("button", { name: "Drop the rule for main / once/" }).waitFor();
  await press("Make a token");
  await field("textbox", /^Name/).fill("script");
  await press("Make the token");
  const token = await field("textbox", /^The token/).inputValue();
  const headers = { authorization: `Bearer ${token}` };
  const status = async (): Promise<number> => (await fetch(`${node.url}/v1/status`, { headers })).status;
  expect(await status()).toBe(200);
  await expectAccessible(page, "a token");
  await press("Done");
  await press("Revoke script");
  await page.getByText("The token script is revoked").waitFor();
  expect(await status()).toBe(401);
}

/** Has copies counted again until the page shows what is waited for: they are made, and connections end, a little later. */
async function countUntil(page: Page, shown: Locator): Promise<void> {
  const again = page.getByRole("button", { name: "Count again" });
  await expect
    .poll(
      async () => {
        await again.waitFor();
        if (await shown.isVisible()) return true;
        await again.click();
        return false;
      },
      { timeout: 90_000, interval: 500 },
    )
    .toBe(true);
}

/** A sound of 8,000 numbers a second, as a WAV file. */
function hum(seconds: number): Buffer {
  const rate = 8000;
  const [head, sound] = [Buffer.alloc(44), Buffer.alloc(rate * seconds)];
  for (const at of sound.keys()) sound[at] = 128 + 60 * Math.sin(at / 6);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + sound.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36);
  head.writeUInt32LE(sound.length, 40);
  return Buffer.concat([head, sound]);
}

/** A folder `trip` with a file, and another in a folder of it. */
async function folderOfFiles(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "gstore-folder-"));
  onTestFinished(() => rm(root, { recursive: true }));
  await mkdir(join(root, "trip/day 1"), { recursive: true });
  await writeFile(join(root, "trip/list.txt"), "boots");
  await writeFile(join(root, "trip/day 1/walk.txt"), "far");
  return join(root, "trip");
}

async function signIn(node: PageNode): Promise<string> {
  return (await node.run(["ui", "--no-open"])).trim();
}
