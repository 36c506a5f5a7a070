import type { ListRecord } from "@gstore/gateway/client";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { nameOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";
import { nameFault } from "./name-fault.ts";

interface RenameDialogProps {
  readonly item: ListRecord;
  readonly onClose: () => void;
  /** With the whole new key. */
  readonly onRename: (to: string) => void;
}

export function RenameDialog({ item, onClose, onRename }: RenameDialogProps): ReactNode {
  const old = nameOf(item.key);
  const [name, setName] = useState(old);
  const field = useRef<HTMLInputElement>(null);
  const fault = name.includes("/") ? "A slash would make a folder. Move it instead." : nameFault(name);
  // What most want to keep is the ending.
  useEffect(() => {
    const dot = item.kind === "file" ? old.lastIndexOf(".") : -1;
    field.current?.setSelectionRange(0, dot > 0 ? dot : old.length);
  }, [item.kind, old]);
  const rename = (event: { preventDefault: () => void }): void => {
    event.preventDefault();
    if (fault !== null || name === old) return;
    const slash = item.kind === "folder" ? "/" : "";
    const folder = item.key.slice(0, item.key.length - old.length - slash.length);
    onRename(`${folder}${name.normalize("NFC")}${slash}`);
  };
  return (
    <Modal title={`Rename “${old}”`} isOpen onClose={onClose}>
      <form className="form" onSubmit={rename}>
        <label className="field">
          <span>New name</span>
          <input
            ref={field}
            className="input"
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        </label>
        {fault !== null && <p className="notice failed">{fault}</p>}
        <ModalButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={fault !== null || name === old}>
            Rename
          </Button>
        </ModalButtons>
      </form>
    </Modal>
  );
}
