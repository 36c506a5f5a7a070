import { CircleAlert, WifiOff } from "lucide-react";
import type { ReactNode } from "react";
import { ApiError } from "../api/http.ts";
import { Button } from "./button.tsx";
import { messageOf } from "./toasts.tsx";

/** What stands where there is nothing to show, and what to do about it. */
export function EmptyState(props: {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="state">
      <span className="state-icon">{props.icon}</span>
      <h2>{props.title}</h2>
      {props.children}
    </div>
  );
}

export function ErrorState({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
}): ReactNode {
  const isOffline = error instanceof ApiError && error.code === "OFFLINE";
  return (
    <div className="state" role="alert">
      <span className="state-icon failed">
        {isOffline ? <WifiOff aria-hidden /> : <CircleAlert aria-hidden />}
      </span>
      <h2>{isOffline ? "The node doesn't answer" : "That did not work"}</h2>
      <p>{messageOf(error)}</p>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}

interface LoadedProps<T> {
  readonly query: { readonly data: T | undefined; readonly error: Error | null; refetch(): unknown };
  /** Lines that stand for it while it loads. */
  readonly lines?: number;
  readonly children: (data: T) => ReactNode;
}

/** What came of a query: its data, the last that there was; else what went wrong, or that it is still to come. */
export function Loaded<T>({ query, lines, children }: LoadedProps<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Loading {...(lines !== undefined && { lines })} />;
}

/** Grey lines in the place of what is still to come. */
export function Loading({ lines = 6 }: { readonly lines?: number }): ReactNode {
  return (
    <div className="loading" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <span key={at} className="skeleton" />
      ))}
    </div>
  );
}
