import { useQuery } from "@tanstack/react-query";
import { LogOut, WifiOff } from "lucide-react";
import { type ReactNode, Suspense } from "react";
import { useOnline } from "../api/changes.ts";
import { readStatus } from "../api/node.ts";
import { closeSession } from "../api/session.ts";
import { hrefOf, useRoute } from "../lib/route.ts";
import { IconButton } from "../ui/button.tsx";
import { Loading } from "../ui/states.tsx";
import { messageOf, useNotify } from "../ui/toasts.tsx";
import { UploadTray } from "../uploads/upload-tray.tsx";
import { Logo } from "./logo.tsx";
import { PANES } from "./views.ts";

export function Frame({ onSignOut }: { readonly onSignOut: () => void }): ReactNode {
  const { view } = useRoute();
  const { Pane } = PANES.find((pane) => pane.view === view) ?? PANES[0];
  return (
    <div className="frame">
      <button type="button" className="skip button" onClick={skipToContent}>
        Skip to the content
      </button>
      <aside className="side">
        <div className="brand">
          <Logo />
          <span>gstore</span>
        </div>
        <nav className="nav" aria-label="Views">
          {PANES.map(({ view: name, label, icon: Icon }) => (
            <a key={name} href={hrefOf(name)} aria-current={name === view ? "page" : undefined}>
              <Icon aria-hidden />
              <span>{label}</span>
            </a>
          ))}
        </nav>
        <Identity onSignOut={onSignOut} />
      </aside>
      <main id="content" className="content" tabIndex={-1}>
        <OfflineNote />
        <Suspense fallback={<Loading />}>
          <Pane />
        </Suspense>
      </main>
      <UploadTray />
    </div>
  );
}

/** No link: the address has the view behind its #. */
function skipToContent(): void {
  document.querySelector<HTMLElement>("#content")?.focus();
}

function Identity({ onSignOut }: { readonly onSignOut: () => void }): ReactNode {
  const isOnline = useOnline();
  const notify = useNotify();
  const { data } = useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => readStatus(signal),
    refetchInterval: 10_000,
  });
  const signOut = (): void => {
    closeSession().then(onSignOut, (error) => notify({ text: messageOf(error), kind: "failed" }));
  };
  return (
    <div className="identity">
      <span className="dot" data-state={!isOnline ? "bad" : isAlone(data) ? "warn" : "good"} aria-hidden />
      <span className="identity-text">
        <strong>{data?.name ?? " "}</strong>
        <span className="soft">{isOnline ? connection(data) : "no answer"}</span>
      </span>
      <IconButton label="Sign out" onClick={signOut}>
        <LogOut aria-hidden />
      </IconButton>
    </div>
  );
}

/** Whether there are others and none can be reached. */
function isAlone(status: { readonly connected: number; readonly members: number } | undefined): boolean {
  return status !== undefined && status.members > 1 && status.connected === 0;
}

function connection(status: { readonly connected: number; readonly members: number } | undefined): string {
  if (status === undefined) return " ";
  const others = status.members - 1;
  return others === 0 ? "the only node" : `${status.connected} of ${others} connected`;
}

function OfflineNote(): ReactNode {
  const isOnline = useOnline();
  return (
    <div role="status">
      {!isOnline && (
        <p className="offline">
          <WifiOff aria-hidden /> The node doesn't answer. What you see may be old; it goes on by itself.
        </p>
      )}
    </div>
  );
}
