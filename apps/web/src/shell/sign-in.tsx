import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";

export function SignIn({ reason }: { readonly reason: string | null }): ReactNode {
  return (
    <main className="splash">
      <div className="sign-in">
        <Logo />
        <h1>Sign in to this node</h1>
        {reason !== null && (
          <p className="notice failed" role="alert">
            {reason}
          </p>
        )}
        <p>On the machine that the node runs on, type:</p>
        <pre className="command">gstore ui</pre>
        <p className="soft">
          It opens this page signed in. There is no password: whoever can run the node's commands can sign in.
          For a browser elsewhere, <code>gstore ui --no-open</code> prints a link that works once.
        </p>
      </div>
    </main>
  );
}
