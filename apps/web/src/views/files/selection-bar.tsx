import type { ListRecord } from "@gstore/gateway/client";
import { Download, FolderInput, Trash2, X } from "lucide-react";
import type { ReactNode } from "react";
import { formatBytes } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { useFileActions } from "./file-actions-context.ts";

interface SelectionBarProps {
  readonly selected: readonly ListRecord[];
  readonly onClear: () => void;
}

/** What can be done with all that is chosen. */
export function SelectionBar({ selected, onClear }: SelectionBarProps): ReactNode {
  const { canWrite } = useRole();
  const { download, move, remove } = useFileActions();
  const bytes = selected.reduce((sum, item) => sum + (item.kind === "file" ? item.size : 0), 0);
  return (
    <div className="selection" role="group" aria-label="With what is chosen">
      <IconButton label="Choose nothing" onClick={onClear}>
        <X aria-hidden />
      </IconButton>
      <strong className="number" role="status">
        {selected.length.toLocaleString()} chosen
        {bytes > 0 && <span className="soft"> · {formatBytes(bytes)}</span>}
      </strong>
      <Button look="quiet" onClick={() => download(selected)}>
        <Download aria-hidden /> <span>Download</span>
      </Button>
      {canWrite && (
        <>
          <Button look="quiet" onClick={() => move(selected)}>
            <FolderInput aria-hidden /> <span>Move</span>
          </Button>
          <Button
            look="quiet"
            onClick={() => {
              remove(selected);
              onClear();
            }}
          >
            <Trash2 aria-hidden /> <span>Delete</span>
          </Button>
        </>
      )}
    </div>
  );
}
