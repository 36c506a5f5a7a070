import type { InviteRecord } from "@gstore/gateway/client";

/** What an invitation is good for, without its ticket. */
export function formatInvite({ id, role, spaces, expires, uses, usesLeft }: InviteRecord): string {
  const where = spaces === null ? "" : ` of ${spaces.join(", ")}`;
  const count = usesLeft === uses ? `${uses}` : `${usesLeft} of ${uses}`;
  const nodes = uses === 1 ? "1 node" : `${count} nodes`;
  return `invitation ${id} as ${role}${where} for ${nodes}, ${expires === null ? "for ever" : `until ${expires}`}`;
}
