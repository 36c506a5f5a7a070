import type { ListRecord } from "@gstore/gateway/client";
import { type FocusEvent, type RefObject, useEffect, useRef } from "react";

/** Whether the focus was on a row last. To be kept from one folder to the next. */
export type FocusHeld = RefObject<boolean>;

interface HeldFocus {
  onFocus(): void;
  onBlur(event: FocusEvent): void;
}

/** Gives the focus to the next row where the one that had it has gone, and to the first one of a folder that was opened from a row. */
export function useHeldFocus({
  items,
  focused,
  focusRow,
  focusHeld,
}: {
  readonly items: readonly ListRecord[];
  readonly focused: number;
  readonly focusRow: (index: number) => void;
  readonly focusHeld: FocusHeld;
}): HeldFocus {
  const key = useRef<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only where the rows have changed
  useEffect(() => {
    if (!focusHeld.current || document.activeElement !== document.body) return;
    // What has the focus may also be out of sight, where rows are not drawn: nobody wants to be taken back there.
    const isGone = key.current === null || !items.some((item) => item.key === key.current);
    if (isGone) focusRow(focused);
  }, [items]);
  useEffect(() => {
    key.current = items[focused]?.key ?? null;
  }, [items, focused]);
  useEffect(() => {
    // Whoever presses elsewhere is elsewhere; pressed on a row, it gets the focus after this.
    const leave = (): void => {
      focusHeld.current = false;
    };
    window.addEventListener("pointerdown", leave, true);
    return () => window.removeEventListener("pointerdown", leave, true);
  }, [focusHeld]);
  return {
    // Of a row's menu too, which lies elsewhere in the page.
    onFocus: () => {
      focusHeld.current = true;
    },
    onBlur: ({ relatedTarget, currentTarget }) => {
      if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) focusHeld.current = false;
    },
  };
}
