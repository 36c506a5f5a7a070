import { Checkbox } from "@base-ui/react/checkbox";
import type { ListRecord } from "@gstore/gateway/client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp, Check, Folder, Minus } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { formatBytes, formatDay, formatTime, nameOf } from "../../lib/format.ts";
import { folderHref } from "../../lib/route.ts";
import { useMediaQuery } from "../../lib/use-media-query.ts";
import { useFileActions } from "./file-actions-context.ts";
import { FileIcon, kindOf } from "./file-kind.tsx";
import { FileMenu } from "./file-menu.tsx";
import type { SortBy, Sorting } from "./listing.ts";
import { type FocusHeld, useHeldFocus } from "./use-held-focus.ts";

/** As the style sheet has them, on a phone with a second line. */
const ROW_HEIGHT = 48;
const ROW_HEIGHT_NARROW = 60;

interface FileTableProps {
  readonly space: string;
  readonly prefix: string;
  readonly items: readonly ListRecord[];
  readonly isSearch: boolean;
  readonly chosen: ReadonlySet<string>;
  readonly onChosen: (keys: ReadonlySet<string>) => void;
  readonly sorting: Sorting;
  readonly onSorting: (sorting: Sorting) => void;
  readonly focusHeld: FocusHeld;
}

/** What is in a folder. Rows that can't be seen are not there, so that 100,000 scroll as ten do. */
export function FileTable(props: FileTableProps): ReactNode {
  const { items, chosen, onChosen } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState(0);
  const isNarrow = useMediaQuery("(width < 720px)");
  // The same functions as long as they say the same: with new ones all rows are measured anew.
  const estimateSize = useCallback(() => (isNarrow ? ROW_HEIGHT_NARROW : ROW_HEIGHT), [isNarrow]);
  const getItemKey = useCallback((index: number) => items[index]?.key ?? index, [items]);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize,
    overscan: 12,
    getItemKey,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows have another height then
  useEffect(() => rows.measure(), [isNarrow]);
  const focusRow = (index: number): void => {
    const next = Math.min(Math.max(index, 0), items.length - 1);
    setFocused(next);
    rows.scrollToIndex(next);
    // The row may be drawn only after it has been scrolled to.
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${next}"] .file-name`)?.focus(),
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = STEPS[event.key]?.(focused, items.length);
    if (to === undefined || !(event.target as HTMLElement).classList.contains("file-name")) return;
    event.preventDefault();
    focusRow(to);
  };
  const held = useHeldFocus({ ...props, focused, focusRow });
  const all = items.length > 0 && chosen.size >= items.length;
  return (
    <div className="table" role="table" aria-label="Files and folders" aria-rowcount={items.length + 1}>
      <div role="rowgroup">
        <div className="row head" role="row" aria-rowindex={1}>
          <span role="columnheader" className="cell-check">
            <Tick
              label="Choose all"
              isOn={all}
              isPart={chosen.size > 0 && !all}
              onChange={() => onChosen(all ? new Set() : new Set(items.map(({ key }) => key)))}
            />
          </span>
          <Heading {...props} by="name" label="Name" />
          <Heading {...props} by="size" label="Size" />
          <Heading {...props} by="stored" label="Changed" />
          <span role="columnheader">
            <span className="visually-hidden">More</span>
          </span>
        </div>
      </div>
      <div className="rows" role="rowgroup" ref={scroller} onKeyDown={onKeyDown} {...held}>
        <div className="rows-all" role="presentation" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            const isFocused = index === Math.min(focused, items.length - 1);
            return (
              <Row
                key={key}
                {...{ ...props, item, index, start, isFocused }}
                onFocus={() => setFocused(index)}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + 10,
  PageUp: (at) => at - 10,
  Home: () => 0,
  End: (_, count) => count - 1,
};

interface HeadingProps extends FileTableProps {
  readonly by: SortBy;
  readonly label: string;
}

function Heading({ by, label, sorting, onSorting }: HeadingProps): ReactNode {
  const isThis = sorting.by === by;
  const Arrow = sorting.isDescending ? ArrowDown : ArrowUp;
  const order = isThis ? (sorting.isDescending ? "descending" : "ascending") : "none";
  return (
    <span role="columnheader" aria-sort={order} className={`cell-${by}`}>
      <button
        type="button"
        className="heading"
        onClick={() => onSorting({ by, isDescending: isThis ? !sorting.isDescending : by !== "name" })}
      >
        {label}
        {isThis && <Arrow aria-hidden />}
      </button>
    </span>
  );
}

interface RowProps extends FileTableProps {
  readonly item: ListRecord;
  readonly index: number;
  readonly start: number;
  readonly isFocused: boolean;
  readonly onFocus: () => void;
}

function Row({ item, index, start, isFocused, onFocus, ...props }: RowProps): ReactNode {
  const { chosen, onChosen, prefix, isSearch } = props;
  const isChosen = chosen.has(item.key);
  const shown = isSearch ? item.key.slice(prefix.length) : nameOf(item.key);
  const toggle = (): void => {
    const next = new Set(chosen);
    if (!next.delete(item.key)) next.add(item.key);
    onChosen(next);
  };
  return (
    <div
      className="row"
      role="row"
      data-index={index}
      data-chosen={isChosen || undefined}
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${start}px)` }}
    >
      <span role="cell" className="cell-check">
        <Tick label={`Choose ${shown}`} isOn={isChosen} onChange={toggle} />
      </span>
      <span role="cell" className="cell-name">
        <Name {...{ item, shown, isFocused, onFocus }} space={props.space} />
      </span>
      <span role="cell" className="cell-size number">
        {item.kind === "file" ? formatBytes(item.size) : "–"}
      </span>
      <span role="cell" className="cell-stored">
        {item.kind === "file" && (
          <span title={`${formatTime(item.stored)}, by ${item.author.name}`}>{formatDay(item.stored)}</span>
        )}
      </span>
      <span role="cell">
        <FileMenu item={item} />
      </span>
    </div>
  );
}

interface NameProps extends Pick<RowProps, "item" | "isFocused" | "onFocus" | "space"> {
  readonly shown: string;
}

function Name({ item, shown, isFocused, onFocus, space }: NameProps): ReactNode {
  const { open } = useFileActions();
  // One of them is in the order of the tab key, and the arrows lead to the others.
  const common = { className: "file-name", tabIndex: isFocused ? 0 : -1, onFocus, title: shown };
  if (item.kind === "folder") {
    return (
      <a {...common} href={folderHref(space, item.key)}>
        <Folder aria-hidden className="file-icon" data-kind="folder" />
        <span className="ellipsis">{shown}</span>
      </a>
    );
  }
  return (
    <button {...common} type="button" onClick={() => open(item)}>
      <FileIcon kind={kindOf(item)} />
      <span className="name-lines">
        <span className="ellipsis">{shown}</span>
        <span className="name-more soft number">
          {formatBytes(item.size)} · {formatDay(item.stored)}
        </span>
      </span>
    </button>
  );
}

interface TickProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly isPart?: boolean;
  readonly onChange: () => void;
}

function Tick({ label, isOn, isPart = false, onChange }: TickProps): ReactNode {
  return (
    <Checkbox.Root
      className="tick"
      aria-label={label}
      checked={isOn}
      indeterminate={isPart}
      onCheckedChange={onChange}
    >
      <Checkbox.Indicator className="tick-mark">
        {isPart ? <Minus aria-hidden /> : <Check aria-hidden />}
      </Checkbox.Indicator>
    </Checkbox.Root>
  );
}
