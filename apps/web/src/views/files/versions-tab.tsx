import type { VersionRecord } from "@gstore/gateway/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, RotateCcw } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { changes } from "../../api/changes.ts";
import { fileUrl, listVersions, restoreVersion } from "../../api/keys.ts";
import { formatAgo, formatBytes, formatTime, nameOf } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { IconButton } from "../../ui/button.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";
import type { FileItem } from "./file-actions-context.ts";

/** All that the file ever was, newest first, as far as it is kept. */
export function VersionsTab({ space, item }: { readonly space: string; readonly item: FileItem }): ReactNode {
  const { key } = item;
  const { canWrite } = useRole();
  const notify = useNotify();
  const queries = useQueryClient();
  const queryKey = ["versions", space, key];
  const versions = useQuery({ queryKey, queryFn: ({ signal }) => listVersions({ space, key }, signal) });
  useEffect(
    () =>
      changes.onChange((change) => {
        if (change.space === space && change.key === key) {
          void queries.invalidateQueries({ queryKey: ["versions", space, key] });
        }
      }),
    [queries, space, key],
  );
  const restore = useMutation({
    mutationFn: (version: string) => restoreVersion({ space, key }, version),
    onSuccess: () => {
      notify({ text: "That version is the current one again. The others are kept." });
      void queries.invalidateQueries({ queryKey });
    },
    onError: (error) => notify({ text: messageOf(error), kind: "failed" }),
  });
  if (versions.isPending) return <Loading lines={4} />;
  if (versions.error !== null)
    return <ErrorState error={versions.error} onRetry={() => void versions.refetch()} />;
  const { items } = versions.data;
  return (
    <ol className="timeline">
      {items.map((version, at) => (
        <li key={version.version} data-state={version.state}>
          <span className="timeline-dot" aria-hidden />
          <div className="timeline-text">
            <span>
              <strong title={formatTime(version.stored)}>{formatAgo(version.stored)}</strong>{" "}
              <State version={version} />
            </span>
            <span className="soft">{describe(version, items[at + 1])}</span>
            <span className="soft">
              {formatTime(version.stored)} · {version.author.name}
            </span>
          </div>
          {version.op === "put" && version.size !== null && (
            <a
              className="icon-button"
              href={fileUrl(space, key, version.version)}
              download={nameOf(key)}
              aria-label={`Download the version of ${formatTime(version.stored)}`}
            >
              <Download aria-hidden />
            </a>
          )}
          {canWrite && version.op === "put" && version.state === "superseded" && (
            <IconButton
              label={`Restore the version of ${formatTime(version.stored)}`}
              disabled={restore.isPending}
              onClick={() => restore.mutate(version.version)}
            >
              <RotateCcw aria-hidden />
            </IconButton>
          )}
        </li>
      ))}
    </ol>
  );
}

const STATES: Readonly<Record<string, readonly [string, string]>> = {
  current: ["good", "current"],
  conflict: ["warn", "in conflict"],
  quarantined: ["bad", "not allowed"],
  unreadable: ["bad", "unreadable"],
  purged: ["bad", "purged"],
};

function State({ version }: { readonly version: VersionRecord }): ReactNode {
  const state = STATES[version.state];
  return state !== undefined && <span className={`badge ${state[0]}`}>{state[1]}</span>;
}

/** Its size, and how much that is more or less than the one before. */
function describe({ op, size, digest }: VersionRecord, before: VersionRecord | undefined): string {
  if (op === "remove") return "deleted";
  if (size === null) return "can't be read here";
  if (before?.size === undefined || before.size === null) return formatBytes(size);
  if (before.digest === digest) return `${formatBytes(size)}, content unchanged`;
  const more = size - before.size;
  if (more === 0) return `${formatBytes(size)}, changed`;
  return `${formatBytes(size)} (${more > 0 ? "+" : "−"}${formatBytes(Math.abs(more))})`;
}
