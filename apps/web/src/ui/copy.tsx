import { Copy } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { messageOf, useNotify } from "./toasts.tsx";

const NO_CLIPBOARD =
  "The browser lets a page copy only where it came by HTTPS or from this machine. Select the text and copy it yourself.";

interface CopyButtonProps {
  readonly text: string;
  /** What is copied: "The link". */
  readonly what: string;
  readonly children?: ReactNode;
}

/** Copies a text, and says so. */
export function CopyButton({ text, what, children = "Copy" }: CopyButtonProps): ReactNode {
  const notify = useNotify();
  const copy = (): void => {
    // Not there for a page that came in clear from another machine, whatever its type says.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    if (clipboard === undefined) {
      notify({ text: NO_CLIPBOARD, kind: "failed" });
      return;
    }
    clipboard.writeText(text).then(
      () => notify({ text: `${what} is copied.` }),
      (error) => notify({ text: messageOf(error), kind: "failed" }),
    );
  };
  return (
    <Button look="primary" onClick={copy}>
      <Copy aria-hidden /> {children}
    </Button>
  );
}

/** A line of text to be copied. */
export function CopyLine({ text, what }: Pick<CopyButtonProps, "text" | "what">): ReactNode {
  return (
    <div className="copy-line">
      <input
        className="input"
        readOnly
        aria-label={what}
        value={text}
        onFocus={({ target }) => target.select()}
      />
      <CopyButton text={text} what={what} />
    </div>
  );
}
