import type { PeerRecord } from "@gstore/gateway/client";
import { printable } from "../printable.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const NAMED_MAX = 10;

/** Whether the members run the same gstore as this node, as far as they tell. Of several kinds of difference each is one finding. */
export function checkVersions(peers: readonly PeerRecord[], own: string): Finding[] {
  const check = "versions";
  const connected = peers.filter((peer) => peer.connected);
  const where = (is: (peer: PeerRecord) => boolean): PeerRecord[] => peers.filter(is);
  const differs = (peer: PeerRecord): number =>
    peer.connected ? compareVersions(peer.version ?? "", own) : 0;
  const findings: Finding[] = [];
  const add = (found: readonly PeerRecord[], make: (names: string) => Finding): void => {
    if (found.length > 0) findings.push(make(named(found)));
  };
  add(
    where(({ incompatible }) => incompatible === "newer"),
    (names) =>
      problem(
        check,
        `Can't connect, for they speak a newer protocol than this node: ${names}.`,
        "Update gstore on this machine, and start the node again.",
      ),
  );
  add(
    where(({ incompatible }) => incompatible === "older"),
    (names) =>
      problem(
        check,
        `Can't connect, for they speak an older protocol than this node: ${names}.`,
        "Update gstore there, and start those nodes again.",
      ),
  );
  add(
    where((peer) => differs(peer) > 0),
    (names) =>
      warning(
        check,
        `Newer than this node, which runs gstore ${own}: ${names}.`,
        "Update gstore on this machine, and start the node again.",
      ),
  );
  add(
    where((peer) => differs(peer) < 0),
    (names) =>
      warning(
        check,
        `Older than this node, which runs gstore ${own}: ${names}.`,
        "Update gstore there, and start those nodes again.",
      ),
  );
  if (findings.length > 0 || connected.length === 0) return findings;
  return [ok(check, `all members that are connected run gstore ${own}`)];
}

function named(peers: readonly PeerRecord[]): string {
  const each = peers.slice(0, NAMED_MAX).map(({ name, connected, version }) => {
    const told = version === null ? "tells no version" : `gstore ${printable(version)}`;
    return connected ? `${printable(name)} (${told})` : printable(name);
  });
  return each.join(", ") + (peers.length > NAMED_MAX ? ", …" : "");
}

/** As semantic versions are ordered, but for the parts of a pre-release, which compare as text. What is none comes first. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  for (const index of [0, 1, 2] as const) {
    const difference = a.numbers[index] - b.numbers[index];
    if (difference !== 0) return Math.sign(difference);
  }
  if (a.before === b.before) return 0;
  if (a.before === "" || b.before === "") return a.before === "" ? 1 : -1;
  return a.before < b.before ? -1 : 1;
}

function partsOf(version: string): {
  readonly numbers: readonly [number, number, number];
  readonly before: string;
} {
  const found = /^(\d+)\.(\d+)\.(\d+)(?:-([^+]+))?(?:\+|$)/.exec(version);
  if (found === null) return { numbers: [-1, -1, -1], before: "" };
  return { numbers: [Number(found[1]), Number(found[2]), Number(found[3])], before: found[4] ?? "" };
}
