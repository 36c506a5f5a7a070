import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { ModalButtons } from "./modal.tsx";
import { messageOf } from "./toasts.tsx";

interface DialogFormProps {
  /** What the form does, once at a time. */
  readonly work: { mutate(): void; readonly error: Error | null; readonly isPending: boolean };
  /** What the button that does it says. */
  readonly submit: string;
  readonly onCancel: () => void;
  readonly children: ReactNode;
}

/** The form of a dialogue. What went wrong stands in it, above the buttons. */
export function DialogForm({ work, submit, onCancel, children }: DialogFormProps): ReactNode {
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        work.mutate();
      }}
    >
      {children}
      {work.error !== null && (
        <p className="notice failed" role="alert">
          {messageOf(work.error)}
        </p>
      )}
      <ModalButtons>
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="primary" type="submit" disabled={work.isPending}>
          {submit}
        </Button>
      </ModalButtons>
    </form>
  );
}
