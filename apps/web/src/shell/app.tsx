import { Tooltip } from "@base-ui/react/tooltip";
import type { SessionRecord } from "@gstore/gateway/client";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { changes } from "../api/changes.ts";
import { SIGNED_OUT, sessionKey } from "../api/http.ts";
import { codeOf, currentSession, openSession } from "../api/session.ts";
import { hrefOf } from "../lib/route.ts";
import { ErrorState } from "../ui/states.tsx";
import { messageOf } from "../ui/toasts.tsx";
import { Frame } from "./frame.tsx";
import { SessionContext } from "./session-context.ts";
import { SignIn } from "./sign-in.tsx";

type State =
  | { readonly at: "starting" }
  | { readonly at: "signed out"; readonly reason: string | null }
  | { readonly at: "failed"; readonly error: unknown }
  | { readonly at: "signed in"; readonly session: SessionRecord };

export function App(): ReactNode {
  const [state, setState] = useState<State>({ at: "starting" });
  const queries = useQueryClient();
  const start = async (): Promise<void> => setState(await signIn());
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the page opens
  useEffect(() => {
    // A sign-in link that is opened where the page is already.
    const onHash = (): void => {
      if (codeOf(window.location.hash) !== undefined) void start();
    };
    const onSignedOut = (): void => {
      sessionKey.clear();
      queries.clear();
      setState((now) =>
        now.at === "signed in" ? { at: "signed out", reason: "You have been signed out." } : now,
      );
    };
    void start();
    window.addEventListener("hashchange", onHash);
    window.addEventListener(SIGNED_OUT, onSignedOut);
    return () => {
      window.removeEventListener("hashchange", onHash);
      window.removeEventListener(SIGNED_OUT, onSignedOut);
    };
  }, []);
  const isIn = state.at === "signed in";
  useEffect(() => {
    if (!isIn) return;
    changes.open();
    const end = changes.onReturn(() => void queries.invalidateQueries());
    return () => {
      end();
      changes.close();
    };
  }, [isIn, queries]);
  if (state.at === "starting") return <div className="splash" role="status" aria-label="Starting" />;
  if (state.at === "failed") {
    return (
      <main className="splash">
        <ErrorState error={state.error} onRetry={() => void start()} />
      </main>
    );
  }
  if (state.at === "signed out") return <SignIn reason={state.reason} />;
  return (
    <SessionContext value={state.session}>
      <Tooltip.Provider delay={400}>
        <Frame onSignOut={() => setState({ at: "signed out", reason: null })} />
      </Tooltip.Provider>
    </SessionContext>
  );
}

let trading: Promise<State> | undefined;

/** By the code in the address, if there is one, else by the cookie. A code is traded once however often this is called. */
async function signIn(): Promise<State> {
  const code = codeOf(window.location.hash);
  if (code !== undefined) {
    // Out of the address at once: it is a secret, and the history remembers addresses.
    window.history.replaceState(null, "", hrefOf("files"));
    trading = openSession(code).then(
      (session): State => ({ at: "signed in", session }),
      (error): State => ({ at: "signed out", reason: messageOf(error) }),
    );
  }
  if (trading !== undefined) {
    const traded = await trading;
    trading = undefined;
    return traded;
  }
  try {
    const session = await currentSession();
    return session === null ? { at: "signed out", reason: null } : { at: "signed in", session };
  } catch (error) {
    return { at: "failed", error };
  }
}
