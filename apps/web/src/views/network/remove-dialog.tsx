import type { MemberRecord } from "@gstore/gateway/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { removeMember } from "../../api/node.ts";
import { Button } from "../../ui/button.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";

interface RemoveDialogProps {
  readonly member: MemberRecord;
  readonly onClose: () => void;
}

export function RemoveDialog({ member: { id, name }, onClose }: RemoveDialogProps): ReactNode {
  const notify = useNotify();
  const queries = useQueryClient();
  const removal = useMutation({
    mutationFn: () => removeMember(id),
    onSuccess: () => {
      notify({ text: `${name} is no member any more.` });
      void queries.invalidateQueries();
      onClose();
    },
  });
  return (
    <Modal title={`Remove ${name}?`} isOpen onClose={onClose}>
      <ul className="warnings">
        <li>It is cut off at once, and gets nothing that is written from now on.</li>
        <li>What it has read stays readable to it: nobody can take that back.</li>
        <li>Copies that only it held are missing then. Safety shows what would be lost without it.</li>
        <li>To come back it needs a new ticket.</li>
      </ul>
      {removal.error !== null && <p className="notice failed">{messageOf(removal.error)}</p>}
      <ModalButtons>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="danger" disabled={removal.isPending} onClick={() => removal.mutate()}>
          Remove {name}
        </Button>
      </ModalButtons>
    </Modal>
  );
}
