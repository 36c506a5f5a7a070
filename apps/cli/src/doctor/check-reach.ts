import type { StatusAnswer } from "@gstore/gateway/client";
import { printable } from "../printable.ts";
import { formatSpan } from "../time-span.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";

const FORWARD =
  "Let TCP to the node's port in, at a firewall here or a router before it, and tell others of a router's address: gstore up --announce ADDRESS:PORT. Or have a member that all can dial relay: gstore up --relay on";

/** Whether other members can dial the node, as they found when they tried. */
export function checkReach({ reached, relays, relayed }: StatusAnswer["discovery"]["reach"]): Finding {
  const check = "reached";
  const names = relays.map(({ name }) => printable(name)).join(", ");
  const also = relayed === 0 ? "" : `; it relays ${relayed} connections of others`;
  if (reached === "unknown") return ok(check, "no member on another machine could say");
  if (reached === "yes") return ok(check, `the members asked can dial this node${also}`);
  if (relays.length > 0)
    return warning(check, `Not every member can dial this node; others come through ${names}.`, FORWARD);
  return problem(
    check,
    "Not every member can dial this node, and no member that it can dial relays.",
    FORWARD,
  );
}

/** Whether the members' clocks and this one agree. */
export function checkClocks(apart: StatusAnswer["clock"]["apart"]): Finding[] {
  return apart.map(({ name, aheadMs }) => {
    const side = aheadMs > 0 ? "ahead of" : "behind";
    return problem(
      "clock",
      `This clock is ${formatSpan(Math.abs(aheadMs))} ${side} that of ${printable(name)}.`,
      "Set the one that is wrong, or switch its synchronisation on: timedatectl set-ntp true",
    );
  });
}
