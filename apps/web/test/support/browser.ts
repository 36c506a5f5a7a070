import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A browser without a screen. Throws where there is none: a page that nobody opened is not tested. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.GSTORE_CHROMIUM ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error("There is no Chromium: apt-get install chromium, or name one by GSTORE_CHROMIUM.");
  }
  const quiet = ["background-networking", "component-update", "sync", "gpu", "quic"].map(
    (name) => `--disable-${name}`,
  );
  return await chromium.launch({
    executablePath,
    args: ["--headless", "--no-sandbox", "--no-first-run", ...quiet],
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** What the browser complained of, and what it asked of anybody else than the node. */
  readonly faults: string[];
  /** Bytes of script as they were sent, since it was opened. */
  readonly scriptBytes: () => number;
}

/** A page in a profile of its own, listened to. */
export async function openPage(browser: Browser, origin: string): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  // A machine that does much else besides is no fault of the page.
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  const scripts = new Map<string, number>();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("blob:"))
      faults.push(`asked ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.url().endsWith(".js"))
      scripts.set(response.url(), Number(response.headers()["content-length"] ?? 1e9));
  });
  return { page, faults, scriptBytes: () => [...scripts.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/** What axe finds serious in the page as it is shown, in both themes. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    // Not as a <script>, which the page's own policy forbids.
    await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => ({
          id,
          nodes: nodes.slice(0, 3).map(({ html, failureSummary }) => [html, failureSummary]),
        }));
    });
    expect([name, colorScheme, found]).toEqual([name, colorScheme, []]);
  }
  await page.emulateMedia({ colorScheme: "light" });
}
