import type { IssuedInviteRecord } from "@gstore/gateway/client";
import { useMutation } from "@tanstack/react-query";
import { Copy } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { encode } from "uqr";
import { makeInvite } from "../../api/node.ts";
import { formatAgo } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/choice.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";

const ROLES = [
  ["writer", "Writer: reads and stores files"],
  ["reader", "Reader: reads files, and holds copies"],
  ["vault", "Vault: holds sealed copies, and can read nothing"],
  ["admin", "Admin: everything, inviting and removing too"],
] as const;
const LIFETIMES = [
  ["1h", "an hour"],
  ["24h", "a day"],
  ["7d", "a week"],
] as const;

/** Makes a ticket, which another machine joins by. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [role, setRole] = useState("writer");
  const [lifetime, setLifetime] = useState("24h");
  const made = useMutation({ mutationFn: () => makeInvite({ role, lifetime }) });
  return (
    <Modal
      title="Invite a node"
      description="One more machine of yours, or of somebody you trust. It joins with a ticket, which works once."
      isOpen
      onClose={onClose}
      size="medium"
    >
      {made.data === undefined ? (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            made.mutate();
          }}
        >
          <Choice label="What it may do" value={role} choices={ROLES} onChange={setRole} />
          <Choice
            label="The ticket is good for"
            value={lifetime}
            choices={LIFETIMES}
            onChange={setLifetime}
          />
          {made.error !== null && <p className="notice failed">{messageOf(made.error)}</p>}
          <ModalButtons>
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" type="submit" disabled={made.isPending}>
              Make the ticket
            </Button>
          </ModalButtons>
        </form>
      ) : (
        <Ticket invite={made.data} />
      )}
    </Modal>
  );
}

function Ticket({ invite: { ticket, expires } }: { readonly invite: IssuedInviteRecord }): ReactNode {
  const notify = useNotify();
  const command = `gstore join ${ticket}`;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(command);
    notify({ text: "The command is copied." });
  };
  return (
    <div className="ticket">
      <QrCode text={ticket} />
      <div className="form">
        <p>On the other machine, run this, or scan the ticket from its screen:</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keys scroll it */}
        <pre className="command ticket-text" tabIndex={0}>
          {command}
        </pre>
        <Button look="primary" onClick={() => void copy()}>
          <Copy aria-hidden /> Copy the command
        </Button>
        <p className="notice warn">
          The ticket is a secret: whoever has it can join
          {expires === null ? "" : `. It ends ${formatAgo(expires)}`}.
        </p>
      </div>
    </div>
  );
}

function QrCode({ text }: { readonly text: string }): ReactNode {
  const { path, size } = useMemo(() => {
    const { data, size: modules } = encode(text, { border: 2 });
    const squares = data.flatMap((row, y) =>
      row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])),
    );
    return { path: squares.join(""), size: modules };
  }, [text]);
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="The ticket as a QR code">
      <path d={path} />
    </svg>
  );
}
