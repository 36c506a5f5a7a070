import type { RecentRecord } from "@gstore/gateway/client";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { listRecent, restoreVersion } from "../../api/keys.ts";
import { counted, formatAgo, formatBytes, formatTime, nameOf } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button } from "../../ui/button.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";
import { FileIcon, kindOf } from "./file-kind.tsx";

interface TrashDialogProps {
  readonly space: string;
  readonly prefix: string;
  readonly onClose: () => void;
}

/** What was deleted in a folder, the latest first, and the way back. */
export function TrashDialog({ space, prefix, onClose }: TrashDialogProps): ReactNode {
  const trash = useInfiniteQuery({
    queryKey: ["trash", space, prefix],
    queryFn: ({ pageParam, signal }) =>
      listRecent({ space, prefix, removed: true, before: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  const items = trash.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Modal
      title="Deleted files"
      description="Deleted files can come back for as long as old versions are kept, which the settings say."
      isOpen
      onClose={onClose}
      size="medium"
    >
      {trash.isPending ? (
        <Loading lines={4} />
      ) : trash.error !== null ? (
        <ErrorState error={trash.error} onRetry={() => void trash.refetch()} />
      ) : items.length === 0 && !trash.hasNextPage ? (
        <EmptyState icon={<Trash2 aria-hidden />} title="Nothing was deleted here">
          <p>What is deleted in this folder, at any node, can be found here.</p>
        </EmptyState>
      ) : (
        <Deleted space={space} prefix={prefix} items={items} />
      )}
      {trash.hasNextPage && (
        <ModalButtons>
          <Button disabled={trash.isFetchingNextPage} onClick={() => void trash.fetchNextPage()}>
            {trash.isFetchingNextPage ? "Looking…" : "Look further back"}
          </Button>
        </ModalButtons>
      )}
    </Modal>
  );
}

interface DeletedProps {
  readonly space: string;
  readonly prefix: string;
  readonly items: readonly RecentRecord[];
}

function Deleted({ space, prefix, items }: DeletedProps): ReactNode {
  const { canWrite } = useRole();
  const notify = useNotify();
  const queries = useQueryClient();
  const restore = useMutation({
    mutationFn: ({ key, version }: { readonly key: string; readonly version: string }) =>
      restoreVersion({ space, key }, version),
    onSuccess: (_, { key }) => {
      notify({ text: `“${nameOf(key)}” is back.` });
      void queries.invalidateQueries({ queryKey: ["trash", space] });
    },
    onError: (error) => notify({ text: messageOf(error), kind: "failed" }),
  });
  return (
    <ul className="lines trash" aria-label={counted(items.length, "deleted file")}>
      {items.map(({ key, version, stored, author, lastFile }) => (
        <li key={version}>
          <FileIcon kind={kindOf({ key, contentType: null })} />
          <span className="trash-text">
            <span className="ellipsis" title={key}>
              {key.slice(prefix.length)}
            </span>
            <span className="soft line-more" title={formatTime(stored)}>
              {lastFile === null ? "its content is gone" : formatBytes(lastFile.size ?? 0)}, deleted{" "}
              {formatAgo(stored)} by {author.name}
            </span>
          </span>
          {canWrite && lastFile !== null && (
            <Button
              aria-label={`Restore ${key.slice(prefix.length)}`}
              disabled={restore.isPending}
              onClick={() => restore.mutate({ key, version: lastFile.version })}
            >
              <RotateCcw aria-hidden /> Restore
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
