import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DemoNode } from "./demo-node.ts";
import { Narrator } from "./narrator.ts";
import { type DemoOptions, parseOptions, USAGE } from "./options.ts";
import { assertPortsFree } from "./ports.ts";
import { show } from "./show.ts";

/** The repository, and where the user stands: pnpm runs the demo in its package's folder. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const USER_FOLDER = process.env.INIT_CWD ?? process.cwd();

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let options: DemoOptions | "help";
  try {
    options = parseOptions(args);
  } catch (error) {
    console.error(`demo: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (options === "help") {
    console.log(USAGE);
    return 0;
  }
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(name, () => interrupt.abort());
  try {
    await assertPortsFree(options.ports);
    await run(options, interrupt.signal);
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted) return 130;
    console.error(`\ndemo: ${(error as Error).message}`);
    if (process.env.GSTORE_DEBUG === "1") console.error(error);
    return 1;
  }
}

/** Whatever happens, no process and no temporary folder is left. */
async function run(options: DemoOptions, signal: AbortSignal): Promise<void> {
  const dir = options.dir === undefined ? await temporaryFolder() : resolve(USER_FOLDER, options.dir);
  const files = join(dir, "files");
  const [anna, berta] = (["anna", "berta"] as const).map(
    (name, index) => new DemoNode({ name, dir: join(dir, name), port: options.ports[index] ?? 0 }),
  ) as [DemoNode, DemoNode];
  try {
    await mkdir(files, { recursive: true });
    console.log("gstore demo: two nodes on this machine share a file.");
    await show({ narrator: new Narrator(), anna, berta, files, signal });
    if (options.exit) console.log("\nAll of it worked.");
    else {
      tellWhatToTry({ anna, berta, files });
      await aborted(signal);
    }
  } finally {
    if (signal.aborted) console.log("\nStopping both nodes.");
    await Promise.all([anna.stop(), berta.stop()]);
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

function tellWhatToTry({ anna, berta, files }: { anna: DemoNode; berta: DemoNode; files: string }): void {
  const gstore = resolve(USER_FOLDER) === resolve(ROOT) ? "./gstore" : join(ROOT, "gstore");
  const on = (node: DemoNode, command: string): string => `  ${gstore} --dir ${node.dir} ${command}`;
  console.log(`
Both nodes run. Try, in another terminal:
${on(anna, "status")}
${on(berta, "peers")}
${on(anna, "put README.md")}
${on(berta, "cat README.md")}
${on(berta, "ls -r -l")}
${on(anna, `put ${files} copies`)}
${on(berta, `get copies -o ${join(files, "again")}`)}
${on(berta, "verify")}

Ctrl-C stops both nodes${files.startsWith(tmpdir()) ? " and removes their folders" : ""}.`);
}

function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), "gstore-demo-"));
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  // The timer keeps the process alive: the nodes' pipes may not.
  const timer = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      resolve();
    });
  });
}
