import type { SessionRecord } from "@gstore/gateway/client";
import { createContext, useContext } from "react";

export const SessionContext = createContext<SessionRecord | null>(null);

/** What this browser may do at the node. */
export function useRole(): { readonly canWrite: boolean; readonly isAdmin: boolean } {
  const role = useContext(SessionContext)?.role;
  return { canWrite: role === "writer" || role === "admin", isAdmin: role === "admin" };
}
