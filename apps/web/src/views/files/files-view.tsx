import { useQuery } from "@tanstack/react-query";
import { FolderOpen, FolderPlus, FolderUp, Search, Trash2, Upload, X } from "lucide-react";
import {
  lazy,
  type ReactNode,
  Suspense,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { listSpaces } from "../../api/keys.ts";
import { counted } from "../../lib/format.ts";
import { folderHref, useRoute } from "../../lib/route.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { useNotify } from "../../ui/toasts.tsx";
import { type ChosenFile, chosenFiles, droppedFiles } from "../../uploads/dropped-files.ts";
import { uploads } from "../../uploads/upload-queue.ts";
import { Breadcrumbs } from "./breadcrumbs.tsx";
import { ConflictsNote } from "./conflicts-note.tsx";
import { FileActions } from "./file-actions.tsx";
import { FileTable } from "./file-table.tsx";
import { useFolder } from "./folder-store.ts";
import { type Sorting, sortItems } from "./listing.ts";
import { NewFolder } from "./new-folder.tsx";
import { SelectionBar } from "./selection-bar.tsx";
import { SpacePicker } from "./space-picker.tsx";
import type { FocusHeld } from "./use-held-focus.ts";
import "./files.css";

const TrashDialog = lazy(async () => ({ default: (await import("./trash-dialog.tsx")).TrashDialog }));

/** The folder that the address names, with all that can be done there. */
export function FilesView(): ReactNode {
  const { space, prefix } = useRoute();
  // What is chosen, sorted and searched for is of one folder.
  const focusHeld = useRef(false);
  return <FolderView key={`${space}/${prefix}`} {...{ space, prefix, focusHeld }} />;
}

interface FolderViewProps {
  readonly space: string;
  readonly prefix: string;
  readonly focusHeld: FocusHeld;
}

function FolderView({ space, prefix, focusHeld }: FolderViewProps): ReactNode {
  const { canWrite } = useRole();
  const [isTrashOpen, setTrashOpen] = useState(false);
  const [text, setText] = useState("");
  const query = useDeferredValue(text.trim());
  const [sorting, setSorting] = useState<Sorting>({ by: "name", isDescending: false });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const folder = useFolder(space, prefix, query);
  const items = useMemo(() => sortItems(folder.items, sorting), [folder.items, sorting]);
  const selected = useMemo(() => items.filter(({ key }) => chosen.has(key)), [items, chosen]);
  const spaces = useQuery({ queryKey: ["spaces"], queryFn: ({ signal }) => listSpaces(signal) });
  const send = useSend(space, prefix);
  const { isOver, ...drop } = useDrop(send, canWrite);
  return (
    <section className="files" data-over={isOver || undefined} aria-label="Files" {...drop}>
      <header className="view-head">
        {(spaces.data?.length ?? 0) > 1 && <SpacePicker space={space} spaces={spaces.data ?? []} />}
        <Breadcrumbs space={space} prefix={prefix} />
        <SearchField text={text} onText={setText} />
        <IconButton label="Deleted files" onClick={() => setTrashOpen(true)}>
          <Trash2 aria-hidden />
        </IconButton>
        {canWrite && <UploadButtons onFiles={send} space={space} prefix={prefix} />}
      </header>
      <ConflictsNote space={space} prefix={prefix} />
      <FileActions space={space} prefix={prefix} items={items}>
        {selected.length > 0 && <SelectionBar selected={selected} onClear={() => setChosen(new Set())} />}
        {folder.error !== null && items.length === 0 ? (
          <ErrorState error={folder.error} onRetry={() => void folder.read()} />
        ) : items.length === 0 ? (
          folder.isWhole ? (
            <Nothing query={query} canWrite={canWrite} isRoot={prefix === ""} />
          ) : (
            <Loading lines={9} />
          )
        ) : (
          <FileTable
            {...{ space, prefix, items, chosen, sorting, focusHeld, isSearch: query !== "" }}
            onChosen={setChosen}
            onSorting={setSorting}
          />
        )}
      </FileActions>
      <p className="files-foot soft number" role="status">
        {items.length > 0 && `${counted(items.length, "item")}${folder.isWhole ? "" : ", and counting…"}`}
        {folder.isCut && " are shown. Open a folder or search to see fewer."}
      </p>
      <Suspense>
        {isTrashOpen && <TrashDialog space={space} prefix={prefix} onClose={() => setTrashOpen(false)} />}
      </Suspense>
      {isOver && (
        <div className="drop-hint">
          <Upload aria-hidden />
          <span>Drop to store here</span>
        </div>
      )}
    </section>
  );
}

function SearchField({
  text,
  onText,
}: {
  readonly text: string;
  readonly onText: (text: string) => void;
}): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping =
        event.target instanceof HTMLElement && /^(?:INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <search className="search">
      <Search aria-hidden />
      <input
        ref={field}
        type="search"
        value={text}
        placeholder="Search this folder"
        aria-label="Search this folder and those in it"
        aria-keyshortcuts="/"
        onChange={({ target }) => onText(target.value)}
        onKeyDown={({ key }) => key === "Escape" && onText("")}
      />
      {text !== "" && (
        <IconButton label="Clear the search" onClick={() => onText("")}>
          <X aria-hidden />
        </IconButton>
      )}
    </search>
  );
}

interface UploadProps {
  readonly onFiles: (files: readonly ChosenFile[]) => void;
  readonly space: string;
  readonly prefix: string;
}

function UploadButtons({ onFiles, space, prefix }: UploadProps): ReactNode {
  const [files, folders] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const [isNaming, setNaming] = useState(false);
  const onChange = ({ currentTarget }: { currentTarget: HTMLInputElement }): void => {
    if (currentTarget.files !== null) onFiles(chosenFiles(currentTarget.files));
    currentTarget.value = "";
  };
  // React has no property for it, and no browser another way.
  useEffect(() => folders.current?.setAttribute("webkitdirectory", ""), [folders]);
  return (
    <div className="upload-buttons">
      <input ref={files} type="file" multiple hidden onChange={onChange} data-testid="files" />
      <input ref={folders} type="file" multiple hidden onChange={onChange} />
      <IconButton label="New folder" onClick={() => setNaming(true)}>
        <FolderPlus aria-hidden />
      </IconButton>
      <IconButton label="Upload a folder" onClick={() => folders.current?.click()}>
        <FolderUp aria-hidden />
      </IconButton>
      <Button look="primary" onClick={() => files.current?.click()}>
        <Upload aria-hidden /> Upload
      </Button>
      <NewFolder
        isOpen={isNaming}
        onClose={() => setNaming(false)}
        to={(name) => folderHref(space, `${prefix}${name}/`)}
      />
    </div>
  );
}

function useSend(space: string, prefix: string): (files: readonly ChosenFile[]) => void {
  const notify = useNotify();
  return (files) => {
    const named = files.map(({ file, path }) => ({ file, space, key: `${prefix}${path}`.normalize("NFC") }));
    if (named.length === 0) notify({ text: "There is no file in it.", kind: "failed" });
    uploads.add(named);
  };
}

/** What makes an element one that files and folders can be dropped on. */
function useDrop(onFiles: (files: readonly ChosenFile[]) => void, isAllowed: boolean) {
  const [depth, setDepth] = useState(0);
  const isOurs = ({ dataTransfer }: React.DragEvent): boolean =>
    isAllowed && dataTransfer.types.includes("Files");
  return {
    isOver: depth > 0,
    onDragEnter: (event: React.DragEvent) => isOurs(event) && setDepth(depth + 1),
    onDragLeave: (event: React.DragEvent) => isOurs(event) && setDepth(Math.max(0, depth - 1)),
    onDragOver: (event: React.DragEvent) => isOurs(event) && event.preventDefault(),
    onDrop: (event: React.DragEvent) => {
      if (!isOurs(event)) return;
      event.preventDefault();
      setDepth(0);
      void droppedFiles(event.dataTransfer).then(onFiles);
    },
  };
}

function Nothing(props: {
  readonly query: string;
  readonly canWrite: boolean;
  readonly isRoot: boolean;
}): ReactNode {
  const { query, canWrite, isRoot } = props;
  if (query !== "") {
    return (
      <EmptyState icon={<Search aria-hidden />} title={`Nothing here is called “${query}”`}>
        <p>The names of files and of the folders that they are in are searched, below this folder.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<FolderOpen aria-hidden />}
      title={isRoot ? "Nothing is stored yet" : "This folder is empty"}
    >
      <p>
        {canWrite
          ? "Drag files or folders here, or use Upload. Each is encrypted and copied to your other nodes."
          : "What others store here shows up by itself."}
      </p>
    </EmptyState>
  );
}
