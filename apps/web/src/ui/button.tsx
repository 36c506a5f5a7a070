import { Tooltip } from "@base-ui/react/tooltip";
import type { ComponentProps, ReactNode } from "react";

type ButtonProps = ComponentProps<"button"> & { readonly look?: "primary" | "plain" | "quiet" | "danger" };

export function Button({ look = "plain", className = "", ...props }: ButtonProps): ReactNode {
  return <button type="button" className={`button ${look} ${className}`} {...props} />;
}

type IconButtonProps = ComponentProps<"button"> & { readonly label: string };

/** A button that shows a picture alone: its label is read out, and shown to who rests on it. */
export function IconButton({ label, className = "", children, ...props }: IconButtonProps): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        render={<button type="button" className={`icon-button ${className}`} aria-label={label} {...props} />}
      >
        {children}
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner className="above" sideOffset={6}>
          <Tooltip.Popup className="tooltip">{label}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
