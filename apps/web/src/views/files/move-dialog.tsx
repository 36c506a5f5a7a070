import type { ListRecord } from "@gstore/gateway/client";
import { useQuery } from "@tanstack/react-query";
import { Folder, FolderUp } from "lucide-react";
import { type ReactNode, useState } from "react";
import { listPage } from "../../api/keys.ts";
import { counted, nameOf } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Modal, ModalButtons } from "../../ui/modal.tsx";
import { Loading } from "../../ui/states.tsx";
import { moveTargets } from "./bulk.ts";
import { nameFault } from "./name-fault.ts";

interface MoveDialogProps {
  readonly space: string;
  readonly prefix: string;
  readonly items: readonly ListRecord[];
  readonly onClose: () => void;
  readonly onMove: (moves: readonly { from: ListRecord; to: string }[]) => void;
}

/** Walks through the folders, and moves to the one that is open; one that is typed need not be there yet. */
export function MoveDialog({ space, prefix, items, onClose, onMove }: MoveDialogProps): ReactNode {
  const [target, setTarget] = useState(prefix);
  const folders = useQuery({
    queryKey: ["folders", space, target],
    queryFn: async ({ signal }) => {
      const page = await listPage({ space, prefix: target, delimiter: "/", signal });
      return page.items.filter(
        ({ kind, key }) => kind === "folder" && !items.some((item) => item.key === key),
      );
    },
  });
  const [only] = items;
  const what =
    items.length === 1 && only !== undefined ? `“${nameOf(only.key)}”` : counted(items.length, "item");
  const typed = target.replace(/\/$/, "");
  const isInItself = items.some(({ kind, key }) => kind === "folder" && target.startsWith(key));
  const fault = isInItself ? "A folder can't go into itself." : typed === "" ? null : nameFault(typed);
  const move = (event: { preventDefault: () => void }): void => {
    event.preventDefault();
    if (fault === null) onMove(moveTargets(items, typed === "" ? "" : `${typed.normalize("NFC")}/`));
  };
  return (
    <Modal title={`Move ${what}`} isOpen onClose={onClose} size="medium">
      <form className="form" onSubmit={move}>
        <label className="field">
          <span>To the folder</span>
          <input
            className="input"
            value={target}
            placeholder={`the top of ${space}`}
            onChange={({ target: { value } }) => setTarget(value)}
          />
        </label>
        <ul className="folder-list" aria-label="Folders">
          {target !== "" && (
            <li>
              <button type="button" onClick={() => setTarget(target.replace(/[^/]*\/?$/, ""))}>
                <FolderUp aria-hidden /> Up
              </button>
            </li>
          )}
          {folders.data?.map(({ key }) => (
            <li key={key}>
              <button type="button" onClick={() => setTarget(key)}>
                <Folder aria-hidden /> {nameOf(key)}
              </button>
            </li>
          ))}
          {folders.isPending && <Loading lines={3} />}
          {folders.data?.length === 0 && <li className="soft">There is no folder in it.</li>}
        </ul>
        {fault !== null && <p className="notice failed">{fault}</p>}
        <ModalButtons>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            disabled={fault !== null || typed === prefix.replace(/\/$/, "")}
          >
            Move here
          </Button>
        </ModalButtons>
      </form>
    </Modal>
  );
}
