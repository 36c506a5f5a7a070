import { Dialog } from "@base-ui/react/dialog";
import { Tabs } from "@base-ui/react/tabs";
import type { ListRecord } from "@gstore/gateway/client";
import { ChevronLeft, ChevronRight, Download, Link, PanelRight, Trash2, X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { nameOf } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { IconButton } from "../../ui/button.tsx";
import { CopiesTab } from "./copies-tab.tsx";
import { DetailsTab } from "./details-tab.tsx";
import { type FileItem, useFileActions, type ViewerTab } from "./file-actions-context.ts";
import { Preview } from "./preview.tsx";
import { VersionsTab } from "./versions-tab.tsx";
import "./viewer.css";

interface ViewerProps {
  readonly space: string;
  readonly items: readonly ListRecord[];
  readonly item: FileItem;
  readonly tab: ViewerTab;
  readonly onClose: () => void;
  readonly onShow: (item: FileItem, tab: ViewerTab) => void;
}

/** One file: what is in it, and beside that what is known of it. The arrows lead to its neighbours. */
export function Viewer({ space, items, item, tab, onClose, onShow }: ViewerProps): ReactNode {
  const { isAdmin, canWrite } = useRole();
  const { download, remove, share } = useFileActions();
  const [isPanelOpen, setPanelOpen] = useState(true);
  const files = items.filter((other): other is FileItem => other.kind === "file");
  const at = files.findIndex(({ key }) => key === item.key);
  const now = files[at] ?? item;
  const step = (by: number): void => {
    const next = files[at + by];
    if (next !== undefined) onShow(next, tab);
  };
  const onKeyDown = ({ key, target }: KeyboardEvent): void => {
    // In a video, a text or the tabs the arrows mean something else.
    if ((target as HTMLElement).closest("video, audio, pre, iframe, [role=tablist], input") !== null) return;
    if (key === "ArrowLeft") step(-1);
    if (key === "ArrowRight") step(1);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="modal full viewer" onKeyDown={onKeyDown}>
          <header className="viewer-head">
            <Dialog.Title className="modal-title ellipsis">{nameOf(now.key)}</Dialog.Title>
            <IconButton label="Earlier file" disabled={at <= 0} onClick={() => step(-1)}>
              <ChevronLeft aria-hidden />
            </IconButton>
            <IconButton
              label="Next file"
              disabled={at === -1 || at >= files.length - 1}
              onClick={() => step(1)}
            >
              <ChevronRight aria-hidden />
            </IconButton>
            <span className="viewer-gap" />
            <IconButton label="Download" onClick={() => download([now])}>
              <Download aria-hidden />
            </IconButton>
            {isAdmin && (
              <IconButton label="Share by link" onClick={() => share(now)}>
                <Link aria-hidden />
              </IconButton>
            )}
            {canWrite && (
              <IconButton
                label="Delete"
                onClick={() => {
                  onClose();
                  remove([now]);
                }}
              >
                <Trash2 aria-hidden />
              </IconButton>
            )}
            <IconButton label="Details" aria-pressed={isPanelOpen} onClick={() => setPanelOpen(!isPanelOpen)}>
              <PanelRight aria-hidden />
            </IconButton>
            <Dialog.Close className="icon-button" aria-label="Close">
              <X aria-hidden />
            </Dialog.Close>
          </header>
          <div className="viewer-body" data-panel={isPanelOpen || undefined}>
            <Preview key={now.version} space={space} item={now} />
            {isPanelOpen && <Panel key={now.key} {...{ space, item: now, tab }} />}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Panel({ space, item, tab }: Pick<ViewerProps, "space" | "item" | "tab">): ReactNode {
  return (
    <Tabs.Root className="panel" defaultValue={tab}>
      <Tabs.List className="tabs" aria-label="About this file">
        <Tabs.Tab className="tab" value="details">
          Details
        </Tabs.Tab>
        <Tabs.Tab className="tab" value="versions">
          Versions
        </Tabs.Tab>
        <Tabs.Tab className="tab" value="copies">
          Copies
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel className="panel-body" value="details">
        <DetailsTab space={space} item={item} />
      </Tabs.Panel>
      <Tabs.Panel className="panel-body" value="versions">
        <VersionsTab space={space} item={item} />
      </Tabs.Panel>
      <Tabs.Panel className="panel-body" value="copies">
        <CopiesTab space={space} item={item} />
      </Tabs.Panel>
    </Tabs.Root>
  );
}
