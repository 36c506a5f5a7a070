import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { isGstoreError, type StatusAnswer, shellQuote } from "@gstore/gateway/client";
import packageJson from "../../package.json" with { type: "json" };
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import {
  checkAccess,
  checkClock,
  checkDisk,
  checkPermissions,
  checkWriting,
} from "../doctor/check-folder.ts";
import {
  checkBootstrap,
  checkMembers,
  checkPortFree,
  checkPortOpen,
  checkProxy,
} from "../doctor/check-network.ts";
import { checkClocks, checkReach } from "../doctor/check-reach.ts";
import { checkVersions } from "../doctor/check-versions.ts";
import { type Finding, ok, problem, warning } from "../doctor/finding.ts";
import { isWebAddress, type Place, placeOf, proxyPlace } from "../doctor/place.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { printable } from "../printable.ts";
import { LISTEN_DEFAULT, type NodeSettings, nodeSettings } from "../settings.ts";
import { table } from "../table.ts";

export const doctorCommand: Command<object> = {
  examples: [
    ["doctor", "look for what keeps this node from working, and say what to do about it"],
    ["doctor --json", "the same for programs, one finding a line"],
  ],
  details:
    "Looks at the folder, its permissions and settings, the clock, the disk, the port, the other nodes, whether they can dial this one, and the versions; with and without a running node. Talks to nobody but the node's own members and bootstrap addresses. Ends with 1 where there is a problem; a warning alone is none.",
  run: doctor,
};

async function doctor(context: CommandContext): Promise<ExitCode> {
  const findings = await examine(context);
  const { output } = context;
  if (output.json) for (const finding of findings) await output.result(finding, () => "");
  else await output.write(`${shown(findings)}\n`);
  return findings.some(({ state }) => state === "problem") ? EXIT.failed : EXIT.done;
}

function shown(findings: readonly Finding[]): string {
  const rows = findings.flatMap(({ check, state, message, advice }) => [
    [state, check, printable(message)],
    ...(advice === null ? [] : [["", "", `-> ${printable(advice)}`]]),
  ]);
  return table(["STATE", "CHECK", "FOUND"], rows);
}

async function examine(context: CommandContext): Promise<Finding[]> {
  const { dir } = context;
  const denied = await checkAccess(dir);
  if (denied !== null) return [denied];
  if (!existsSync(join(dir, "membership"))) {
    const start = `gstore --dir ${shellQuote(dir)}`;
    const advice = `Make one: ${start} init, or join a network: ${start} join`;
    return [problem("folder", `There is no node in ${dir}.`, advice)];
  }
  const settings = await tried(() => nodeSettings(context, {}));
  const proxy = "finding" in settings ? undefined : settings.value.proxy;
  const status = await runningStatus(context);
  const { bavail, bsize, blocks } = await statfs(dir);
  const free = bavail * bsize;
  return [
    ok("folder", `there is a node in ${dir}`),
    await checkPermissions(dir),
    await checkWriting(dir),
    "finding" in settings ? settings.finding : ok("settings", "they can be read"),
    await checkClock(dir, Date.now()),
    checkDisk({ free, size: blocks * bsize }, formatBytes(free)),
    ...("finding" in status ? [status.finding] : await checkRunning(context, status.answer, proxy)),
    ...("finding" in status && !("finding" in settings) ? await checkStopped(settings.value) : []),
  ];
}

async function checkRunning(
  context: CommandContext,
  status: StatusAnswer,
  proxy: string | undefined,
): Promise<Finding[]> {
  const own = status.addresses.filter((address) => !address.includes("/p2p-circuit"));
  const places = own.map((address) => placeOf(address));
  const peers = await context.client.peers({ signal: context.signal });
  return [
    status.role === null || status.role === "removed"
      ? problem(
          "node",
          "It was removed from its network.",
          "Join again, with a new folder: gstore --dir NEW join",
        )
      : ok("node", "it runs"),
    checkVersion(status.version),
    await checkPortOpen(places),
    checkMembers(peers),
    ...(peers.some(({ connected }) => connected) ? [] : await checkGiven(context, proxy)),
    ...checkVersions(peers, status.version),
    checkReach(status.discovery.reach),
    ...checkClocks(status.clock.apart),
    ...(status.full
      ? [
          warning(
            "room",
            "The node holds all that it may.",
            "Let it hold more (gstore up --capacity), or make room.",
          ),
        ]
      : []),
    ...(status.scrub.unrepaired > 0
      ? [problem("data", `${status.scrub.unrepaired} damaged blobs are not mended.`, "Run: gstore repair")]
      : []),
  ];
}

async function checkStopped(settings: NodeSettings): Promise<Finding[]> {
  const listen = placesOf(settings.listen ?? LISTEN_DEFAULT);
  const ports = await Promise.all(listen.places.filter(({ port }) => port > 0).map(checkPortFree));
  const known = await checkDialled(settings.bootstrap, settings.proxy);
  return [...listen.findings, ...ports, ...(known.length > 0 ? known : [await checkBootstrap([])])];
}

/** What a running node was given to connect to, where it is connected to nobody. */
async function checkGiven({ client, signal }: CommandContext, proxy: string | undefined): Promise<Finding[]> {
  const given = await client.others.bootstrap({ signal });
  return await checkDialled(
    given.map(({ address }) => address),
    proxy,
  );
}

/** Whether somebody answers where the node dials: of what is dialled through the proxy, the proxy is asked for alone. */
async function checkDialled(addresses: readonly string[], proxy: string | undefined): Promise<Finding[]> {
  const isProxied = (address: string): boolean => proxy !== undefined && isWebAddress(address);
  const { places, findings } = placesOf(addresses.filter((address) => !isProxied(address)));
  return [
    ...findings,
    ...(proxy === undefined ? [] : [await checkProxy(proxyPlace(proxy))]),
    ...(places.length === 0 ? [] : [await checkBootstrap(places)]),
  ];
}

function placesOf(addresses: readonly string[]): {
  readonly places: (Place & { readonly address: string })[];
  readonly findings: Finding[];
} {
  const places: (Place & { readonly address: string })[] = [];
  const findings: Finding[] = [];
  // One that leads through a relay is tried by the node alone.
  for (const address of addresses.filter((one) => !one.includes("/p2p-circuit"))) {
    try {
      places.push({ ...placeOf(address), address });
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      findings.push(problem("settings", error.message, "Correct it, or take it away: gstore bootstrap rm."));
    }
  }
  return { places, findings };
}

function checkVersion(running: string): Finding {
  const { version } = packageJson;
  if (running === version) return ok("version", `gstore ${running}`);
  return warning(
    "version",
    `The node runs gstore ${running}, this command is ${version}.`,
    "Stop the node and start it again.",
  );
}

async function runningStatus({
  client,
  signal,
  dir,
}: CommandContext): Promise<{ readonly answer: StatusAnswer } | { readonly finding: Finding }> {
  try {
    return { answer: await client.status({ signal }) };
  } catch (error) {
    const start = `gstore --dir ${shellQuote(dir)} up`;
    if (isGstoreError(error, "NOT_RUNNING"))
      return { finding: warning("node", "It does not run.", `Start it: ${start}`) };
    if (!isGstoreError(error)) throw error;
    return {
      finding: problem(
        "node",
        `It does not answer: ${error.message}`,
        `Stop it and start it again: ${start}`,
      ),
    };
  }
}

async function tried(
  read: () => Promise<NodeSettings>,
): Promise<{ readonly value: NodeSettings } | { readonly finding: Finding }> {
  try {
    return { value: await read() };
  } catch (error) {
    if (!isGstoreError(error)) throw error;
    return { finding: problem("settings", error.message, "Correct config.toml in the node's folder.") };
  }
}
