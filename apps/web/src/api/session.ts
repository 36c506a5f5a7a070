import type { SessionRecord } from "@gstore/gateway/client";
import { ApiError, ask, sessionKey } from "./http.ts";

/** The code of a sign-in link, which stands behind the # of the address. */
export function codeOf(hash: string): string | undefined {
  return /^#code=([0-9a-z_-]+)$/i.exec(hash)?.[1];
}

/** Trades the code for a session of this browser. */
export async function openSession(code: string): Promise<SessionRecord> {
  const opened = await ask<SessionRecord & { readonly key: string }>("/v1/session", {
    method: "POST",
    body: { code },
  });
  sessionKey.set(opened.key);
  return opened;
}

/** The session of this browser; null where nobody is signed in. */
export async function currentSession(): Promise<SessionRecord | null> {
  // The cookie alone reads; without the key nothing could be changed.
  if (sessionKey.get() === "") return null;
  try {
    return await ask<SessionRecord>("/v1/session");
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

export async function closeSession(): Promise<void> {
  await ask("/v1/session", { method: "DELETE" });
  sessionKey.clear();
}
