import { type ReactNode, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";
import { nameFault } from "./name-fault.ts";

interface NewFolderProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** The address of the folder of that name. */
  readonly to: (name: string) => string;
}

/** Folders are what names of files begin with: a new one is there once a file is in it. */
export function NewFolder({ isOpen, onClose, to }: NewFolderProps): ReactNode {
  const [name, setName] = useState("");
  const fault = nameFault(name);
  const close = (): void => {
    setName("");
    onClose();
  };
  const open = (event: { preventDefault: () => void }): void => {
    event.preventDefault();
    if (fault !== null) return;
    window.location.hash = to(name);
    close();
  };
  return (
    <Modal title="New folder" description="It is kept once a file is in it." isOpen={isOpen} onClose={close}>
      <form className="form" onSubmit={open}>
        <label className="field">
          <span>Name</span>
          <input className="input" value={name} onChange={({ target }) => setName(target.value)} />
        </label>
        {name !== "" && fault !== null && <p className="notice failed">{fault}</p>}
        <ModalButtons>
          <Button onClick={close}>Cancel</Button>
          <Button look="primary" type="submit" disabled={fault !== null}>
            Open it
          </Button>
        </ModalButtons>
      </form>
    </Modal>
  );
}
