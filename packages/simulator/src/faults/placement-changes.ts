import { isGstoreError } from "@gstore/core";
import { type Fault, pick } from "./fault.ts";
import { admins, undertaken } from "./membership-changes.ts";

const GB = 1_000_000_000;
/** Of the one key that there mostly is, and of all. */
const PREFIXES = ["", "", "key-1"];

/** An admin asks for another number of copies: some are missing then, or too many. */
export const policyChange: Fault = {
  name: "policy change",
  weight: 2,
  begin: (world, random) => {
    const admin = pick(random, admins(world));
    if (admin === undefined) return null;
    const copies = 1 + random.below(3);
    const min = 1 + random.below(copies);
    const prefix = PREFIXES[random.below(PREFIXES.length)] ?? "";
    world.trace.note(`wants ${copies} copies, ${min} at least, of "${prefix}"`, { nodes: [admin.name] });
    undertaken(world, admin, (node) => node.setPolicy(prefix, { copies, min })).catch((error: unknown) => {
      if (!isGstoreError(error)) throw error;
      world.trace.note(`could not set the policy: ${error.code}`, { nodes: [admin.name] });
    });
    return null;
  },
};

/** An admin states that a member can hold much more or less than before: others should hold a part of what it held. */
export const capacityChange: Fault = {
  name: "capacity change",
  weight: 1,
  begin: (world, random) => {
    const admin = pick(random, admins(world));
    const member = pick(random, world.running());
    if (admin === undefined || member === undefined) return null;
    const capacityBytes = 2 ** random.below(10) * GB;
    world.trace.note(`states ${capacityBytes} bytes for ${member.name}`, { nodes: [admin.name] });
    undertaken(world, admin, (node) => node.setAttributes(member.name, { capacityBytes })).catch(
      (error: unknown) => {
        if (!isGstoreError(error)) throw error;
        world.trace.note(`could not state it: ${error.code}`, { nodes: [admin.name] });
      },
    );
    return null;
  },
};
