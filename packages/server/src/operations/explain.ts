import { GstoreError, parseKeyName, parseNodeName } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";
import { isFull } from "../placement/is-full.ts";
import type { PlacementExplanation, PolicyOperations } from "../policy-api.ts";
import { winningVersion } from "../winning-version.ts";
import { statusOf } from "./policies.ts";
import { isFixed } from "./reclassify.ts";
import { spaceOf } from "./space-of.ts";

/** See `PolicyOperations.explain`. */
export async function explainPlacement(
  parts: NodeParts,
  key: string,
  options: { readonly space?: string },
): Promise<PlacementExplanation> {
  const { disk, placement, members, policies } = parts;
  const space = spaceOf(parts, options.space);
  const name = parseKeyName(key);
  const entry = winningVersion(await disk.entries.heads(space.id, space.keys.keyIdOf(name)))?.entry;
  if (entry === undefined || entry.body.op === "remove") {
    throw new GstoreError("KEY_NOT_FOUND", `There is no key ${JSON.stringify(name)} on this node.`, {
      key: name,
    });
  }
  const { policyClass } = entry.body;
  const read = policies.of(space).find((policy) => policy.policyClass === policyClass);
  const policy = statusOf(parts, space, policyClass, read?.prefix ?? (policyClass === 0 ? "" : null));
  const holders = new Set(placement.holders(entry.body));
  const required = new Set(policy.required.map(({ peer }) => peer));
  return {
    ...{ key: name, version: entry.id, policy },
    by: isFixed(policyClass) ? "copies" : read === undefined ? "default" : "policy",
    nodes: placement.ranked(entry.body).map((peer) => ({
      ...{ peer, name: members.nameOf(peer), shouldHold: holders.has(peer), required: required.has(peer) },
      capacityBytes: members.get(peer)?.capacityBytes ?? null,
      zone: members.get(peer)?.zone ?? null,
      full: isFull(parts, peer),
    })),
  };
}

/** See `PolicyOperations.setAttributes`. */
export async function setAttributes(
  { members, administration }: NodeParts,
  idOrName: string,
  { capacityBytes, zone, isDraining }: Parameters<PolicyOperations["setAttributes"]>[1],
): Promise<void> {
  const member = members.find(idOrName);
  if (typeof capacityBytes === "number" && !(Number.isSafeInteger(capacityBytes) && capacityBytes >= 0))
    throw new GstoreError("INVALID_ARGUMENT", "A capacity is a whole number of bytes.");
  if (typeof zone === "string") parseNodeName(zone);
  await administration.stateAttributes(member.peer, {
    capacityBytes: capacityBytes === undefined ? member.capacityBytes : capacityBytes,
    zone: zone === undefined ? member.zone : zone,
    isDraining: isDraining ?? member.isDraining,
  });
}
