import type { ConflictRecord } from "@gstore/gateway/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Download, GitFork } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { changes } from "../../api/changes.ts";
import { fileUrl, listConflicts, resolveConflict } from "../../api/keys.ts";
import { counted, formatAgo, formatBytes, formatTime, nameOf } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button } from "../../ui/button.tsx";
import { Modal } from "../../ui/modal.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";

interface ConflictsProps {
  readonly space: string;
  readonly prefix: string;
}

/** Says where two nodes changed a file without knowing of one another, and lets one choose. */
export function ConflictsNote({ space, prefix }: ConflictsProps): ReactNode {
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const conflicts = useQuery({
    queryKey: ["conflicts", space, prefix],
    queryFn: ({ signal }) => listConflicts(space, prefix, signal),
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = changes.onChange((change) => {
      if (change.space !== space || !change.key.startsWith(prefix)) return;
      clearTimeout(timer);
      timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ["conflicts", space] }), 500);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [queries, space, prefix]);
  const items = conflicts.data?.items ?? [];
  if (items.length === 0) return null;
  const isMore = conflicts.data?.next !== null;
  return (
    <div className="strip warn" role="status">
      <GitFork aria-hidden />
      <span>
        {counted(items.length, "file")}
        {isMore && " or more"} changed on two nodes at once. All versions are kept; choose which shall count.
      </span>
      <Button onClick={() => setOpen(true)}>Settle</Button>
      <Modal
        title="Changed on two nodes at once"
        description="The version you keep is what everybody sees from then on. The others stay in the file's history."
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        size="medium"
      >
        <ul className="conflicts">
          {items.map((conflict) => (
            <Conflict key={conflict.key} space={space} conflict={conflict} />
          ))}
        </ul>
      </Modal>
    </div>
  );
}

function Conflict({
  space,
  conflict,
}: {
  readonly space: string;
  readonly conflict: ConflictRecord;
}): ReactNode {
  const { canWrite } = useRole();
  const notify = useNotify();
  const queries = useQueryClient();
  const { key, versions } = conflict;
  const keep = (version: string): void => {
    resolveConflict({ space, key }, version).then(
      () => {
        notify({ text: `“${nameOf(key)}” is settled.` });
        void queries.invalidateQueries({ queryKey: ["conflicts", space] });
      },
      (error) => notify({ text: messageOf(error), kind: "failed" }),
    );
  };
  return (
    <li>
      <h3>{key}</h3>
      <ul className="lines">
        {versions.map(({ version, op, size, stored, author, state }) => (
          <li key={version}>
            <span>
              <strong>{author.name}</strong> {op === "remove" ? "deleted it" : formatBytes(size ?? 0)}
              {state === "current" && <span className="badge">shown now</span>}
              <span className="soft line-more" title={formatTime(stored)}>
                {formatAgo(stored)}
              </span>
            </span>
            {op === "put" && (
              <a
                className="icon-button"
                href={fileUrl(space, key, version)}
                download={nameOf(key)}
                aria-label={`Download the version of ${author.name}`}
              >
                <Download aria-hidden />
              </a>
            )}
            {canWrite && (
              <Button onClick={() => keep(version)}>
                {op === "remove" ? "Keep it deleted" : "Keep this one"}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </li>
  );
}
