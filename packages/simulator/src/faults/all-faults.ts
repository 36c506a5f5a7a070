import { clockJump } from "./clock-faults.ts";
import { bitRot, diskErrors, diskFull, oldDisk, slowDisk } from "./disk-faults.ts";
import type { Fault } from "./fault.ts";
import { join, leave, machineLost, removal } from "./membership-changes.ts";
import { badLink, cutConnections, cutTransfer, oneWay, partition } from "./network-faults.ts";
import { capacityChange, policyChange } from "./placement-changes.ts";
import { indexLost, kill, powerCut, restart } from "./process-faults.ts";

/** Every fault a seed may have. */
export const ALL_FAULTS: readonly Fault[] = [
  ...[partition, oneWay, badLink, cutConnections, cutTransfer],
  ...[kill, powerCut, restart, indexLost],
  ...[diskFull, diskErrors, slowDisk, bitRot, oldDisk],
  ...[policyChange, capacityChange],
  ...[clockJump, join, removal, leave, machineLost],
];
