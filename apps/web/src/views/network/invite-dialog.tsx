import type { IssuedInviteRecord } from "@gstore/gateway/client";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { encode } from "uqr";
import { makeInvite } from "../../api/node.ts";
import { formatAgo } from "../../lib/format.ts";
import { Choice } from "../../ui/choice.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Modal } from "../../ui/modal.tsx";

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
        <DialogForm work={made} submit="Make the ticket" onCancel={onClose}>
          <Choice label="What it may do" value={role} choices={ROLES} onChange={setRole} />
          <Choice
            label="The ticket is good for"
            value={lifetime}
            choices={LIFETIMES}
            onChange={setLifetime}
          />
        </DialogForm>
      ) : (
        <Ticket invite={made.data} />
      )}
    </Modal>
  );
}

function Ticket({ invite: { ticket, expires } }: { readonly invite: IssuedInviteRecord }): ReactNode {
  const command = `gstore join ${ticket}`;
  return (
    <div className="ticket">
      <QrCode text={ticket} />
      <div className="form">
        <p>On the other machine, run this, or scan the ticket from its screen:</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keys scroll it */}
        <pre className="command ticket-text" tabIndex={0}>
          {command}
        </pre>
        <CopyButton text={command} what="The command">
          Copy the command
        </CopyButton>
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
