import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link2Off } from "lucide-react";
import { type ReactNode, useState } from "react";
import { listShares, revokeShare, shareKey } from "../../api/keys.ts";
import { formatAgo, nameOf } from "../../lib/format.ts";
import { IconButton } from "../../ui/button.tsx";
import { Choice } from "../../ui/choice.tsx";
import { CopyLine } from "../../ui/copy.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Modal } from "../../ui/modal.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";
import type { FileItem } from "./file-actions-context.ts";

const LIFETIMES = [
  ["1h", "an hour"],
  ["1d", "a day"],
  ["7d", "a week"],
  ["30d", "30 days"],
  ["", "until I withdraw it"],
] as const;

interface ShareDialogProps {
  readonly space: string;
  readonly item: FileItem;
  readonly onClose: () => void;
}

export function ShareDialog({ space, item, onClose }: ShareDialogProps): ReactNode {
  const queries = useQueryClient();
  const [lifetime, setLifetime] = useState("1d");
  const refresh = (): Promise<void> => queries.invalidateQueries({ queryKey: ["shares"] });
  const made = useMutation({
    mutationFn: () => shareKey({ space, key: item.key }, lifetime === "" ? undefined : lifetime),
    onSuccess: refresh,
  });
  return (
    <Modal
      title={`Share “${nameOf(item.key)}”`}
      description="Whoever has the link can read this file, and nothing else, where this node's page can be reached."
      isOpen
      onClose={onClose}
      size="medium"
    >
      {made.data === undefined ? (
        <DialogForm work={made} submit="Make the link" onCancel={onClose}>
          <Choice label="The link is good for" value={lifetime} choices={LIFETIMES} onChange={setLifetime} />
        </DialogForm>
      ) : (
        <CopyLine text={made.data.url} what="The link" />
      )}
      <Links
        space={space}
        item={item}
        onRevoked={async (id) => {
          if (id === made.data?.id) made.reset();
          await refresh();
        }}
      />
    </Modal>
  );
}

interface LinksProps extends Pick<ShareDialogProps, "space" | "item"> {
  readonly onRevoked: (id: string) => Promise<void>;
}

function Links({ space, item, onRevoked }: LinksProps): ReactNode {
  const notify = useNotify();
  const shares = useQuery({ queryKey: ["shares"], queryFn: ({ signal }) => listShares(signal) });
  const own = (shares.data ?? []).filter((share) => share.space === space && share.key === item.key);
  if (own.length === 0) return null;
  const revoke = (id: string): void => {
    revokeShare(id).then(
      () => onRevoked(id),
      (error) => notify({ text: messageOf(error), kind: "failed" }),
    );
  };
  return (
    <section>
      <h3>Links that lead to it</h3>
      <ul className="lines">
        {own.map(({ id, created, expires }) => (
          <li key={id}>
            <span>
              made {formatAgo(created)}, {expires === null ? "without an end" : `ends ${formatAgo(expires)}`}
            </span>
            <IconButton label="Withdraw this link" onClick={() => revoke(id)}>
              <Link2Off aria-hidden />
            </IconButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
