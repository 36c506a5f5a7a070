import { Toast } from "@base-ui/react/toast";
import { CircleAlert, CircleCheck, X } from "lucide-react";
import { type ReactNode, useMemo } from "react";

export interface Notice {
  readonly text: string;
  readonly kind?: "done" | "failed";
  /** What takes it back, or goes on. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The place where short notices appear, read out as they do. */
export function Toasts({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <Toast.Provider limit={3} timeout={8000}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList(): ReactNode {
  const { toasts } = Toast.useToastManager();
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast" data-kind={toast.type}>
      {toast.type === "failed" ? <CircleAlert aria-hidden /> : <CircleCheck aria-hidden />}
      <Toast.Title className="toast-text" />
      {toast.actionProps !== undefined && <Toast.Action className="button quiet toast-action" />}
      <Toast.Close className="icon-button" aria-label="Dismiss">
        <X aria-hidden />
      </Toast.Close>
    </Toast.Root>
  ));
}

/** Shows a notice. Failures stay until they are dismissed. */
export function useNotify(): (notice: Notice) => void {
  const { add, close } = Toast.useToastManager();
  return useMemo(
    () =>
      ({ text, kind = "done", action }: Notice): void => {
        const id = add({
          title: text,
          type: kind,
          timeout: kind === "failed" ? 0 : action === undefined ? 5000 : 12_000,
          priority: kind === "failed" ? "high" : "low",
          ...(action !== undefined && {
            actionProps: {
              children: action.label,
              onClick: () => {
                close(id);
                action.run();
              },
            },
          }),
        });
      },
    [add, close],
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
