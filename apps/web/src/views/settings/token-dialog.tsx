import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { makeToken } from "../../api/node.ts";
import { Button } from "../../ui/button.tsx";
import { Choice } from "../../ui/choice.tsx";
import { CopyLine } from "../../ui/copy.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";

const ROLES = [
  ["reader", "Reader: reads files"],
  ["writer", "Writer: reads, stores and deletes files"],
  ["admin", "Admin: everything that you can do here"],
] as const;
const LIFETIMES = [
  ["1d", "a day"],
  ["30d", "30 days"],
  ["365d", "a year"],
  ["", "until it is revoked"],
] as const;

/** Makes a token, and shows it this once. */
export function TokenDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState("reader");
  const [prefix, setPrefix] = useState("");
  const [lifetime, setLifetime] = useState("30d");
  const made = useMutation({
    mutationFn: () =>
      makeToken({
        role,
        ...(name.trim() !== "" && { name: name.trim() }),
        // An admin's is for all.
        ...(role !== "admin" && prefix !== "" && { prefix }),
        ...(lifetime !== "" && { lifetime }),
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  return (
    <Modal
      title="Make a token"
      description="A program sends it with each request: Authorization: Bearer …"
      isOpen
      onClose={onClose}
      size="medium"
    >
      {made.data === undefined ? (
        <DialogForm work={made} submit="Make the token" onCancel={onClose}>
          <label className="field">
            <span>Name, to know it by</span>
            <input
              className="input"
              value={name}
              placeholder="backup script"
              onChange={({ target }) => setName(target.value)}
            />
          </label>
          <Choice label="What it may do" value={role} choices={ROLES} onChange={setRole} />
          {role !== "admin" && (
            <label className="field">
              <span>Only below this folder of main (leave empty for all)</span>
              <input
                className="input"
                value={prefix}
                placeholder="photos/"
                onChange={({ target }) => setPrefix(target.value)}
              />
            </label>
          )}
          <Choice label="It is good for" value={lifetime} choices={LIFETIMES} onChange={setLifetime} />
        </DialogForm>
      ) : (
        <MadeToken token={made.data.token} onClose={onClose} />
      )}
    </Modal>
  );
}

function MadeToken({ token, onClose }: { readonly token: string; readonly onClose: () => void }): ReactNode {
  return (
    <div className="form">
      <CopyLine text={token} what="The token" />
      <p className="notice warn">
        It is a secret, and shown only now: the node keeps no more than what tells it apart.
      </p>
      <ModalButtons>
        <Button onClick={onClose}>Done</Button>
      </ModalButtons>
    </div>
  );
}
