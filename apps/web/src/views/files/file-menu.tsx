import { Menu } from "@base-ui/react/menu";
import type { ListRecord } from "@gstore/gateway/client";
import { Download, EllipsisVertical, FolderInput, History, Link, PencilLine, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { nameOf } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { useFileActions } from "./file-actions-context.ts";

/** What can be done with one file or folder. */
export function FileMenu({ item }: { readonly item: ListRecord }): ReactNode {
  const { canWrite, isAdmin } = useRole();
  const actions = useFileActions();
  const isFile = item.kind === "file";
  return (
    <Menu.Root>
      <Menu.Trigger className="icon-button" aria-label={`Actions for ${nameOf(item.key)}`}>
        <EllipsisVertical aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="above" sideOffset={4} align="end">
          <Menu.Popup className="menu">
            <Choice icon={<Download aria-hidden />} label="Download" run={() => actions.download([item])} />
            {isFile && (
              <Choice
                icon={<History aria-hidden />}
                label="Versions"
                run={() => actions.open(item, "versions")}
              />
            )}
            {isFile && isAdmin && (
              <Choice icon={<Link aria-hidden />} label="Share by link" run={() => actions.share(item)} />
            )}
            {canWrite && (
              <>
                <Menu.Separator className="menu-line" />
                <Choice icon={<PencilLine aria-hidden />} label="Rename" run={() => actions.rename(item)} />
                <Choice
                  icon={<FolderInput aria-hidden />}
                  label="Move to…"
                  run={() => actions.move([item])}
                />
                <Menu.Separator className="menu-line" />
                <Choice
                  icon={<Trash2 aria-hidden />}
                  label="Delete"
                  isDanger
                  run={() => actions.remove([item])}
                />
              </>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

interface ChoiceProps {
  readonly icon: ReactNode;
  readonly label: string;
  readonly isDanger?: boolean;
  readonly run: () => void;
}

function Choice({ icon, label, isDanger = false, run }: ChoiceProps): ReactNode {
  return (
    <Menu.Item className={isDanger ? "menu-item danger" : "menu-item"} onClick={run}>
      {icon}
      {label}
    </Menu.Item>
  );
}
