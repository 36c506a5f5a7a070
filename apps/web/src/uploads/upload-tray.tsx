import { Progress } from "@base-ui/react/progress";
import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, Pause, Play, RotateCw, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { counted, formatBytes, nameOf } from "../lib/format.ts";
import { Button, IconButton } from "../ui/button.tsx";
import { isOpen as isStillOpen, type Upload, uploads, useUploads } from "./upload-queue.ts";
import "./tray.css";

/** Lines of the tray at most; the rest is counted. */
const SHOWN_MAX = 100;

/** What is being sent, over whichever view is open. */
export function UploadTray(): ReactNode {
  const { all, sent, size, isRunning } = useUploads();
  const [isOpen, setOpen] = useState(true);
  useEffect(() => {
    if (!isRunning) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isRunning]);
  if (all.length === 0) return null;
  const failed = all.filter(({ state }) => state === "failed").length;
  const left = all.filter(({ state }) => isStillOpen(state)).length;
  const shown = [...all].sort((a, b) => RANK[a.state] - RANK[b.state]).slice(0, SHOWN_MAX);
  return (
    <section className="tray" aria-label="Uploads">
      <header className="tray-head">
        <strong role="status">
          {titleOf({ left, failed, stored: all.filter(({ state }) => state === "stored").length })}
        </strong>
        <IconButton
          label={isOpen ? "Fold" : "Unfold"}
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <ChevronDown aria-hidden /> : <ChevronUp aria-hidden />}
        </IconButton>
        {!isRunning && (
          <IconButton label="Close" onClick={() => uploads.clear()}>
            <X aria-hidden />
          </IconButton>
        )}
      </header>
      {isRunning && (
        <Progress.Root
          className="bar"
          value={size === 0 ? 100 : Math.floor((100 * sent) / size)}
          aria-label="Sent of all"
        >
          <Progress.Track className="bar-track">
            <Progress.Indicator className="bar-fill" />
          </Progress.Track>
        </Progress.Root>
      )}
      {isOpen && (
        <>
          <ul className="tray-list">
            {shown.map((upload) => (
              <Line key={upload.id} upload={upload} />
            ))}
          </ul>
          {isRunning && (
            <footer className="tray-foot">
              <span className="soft number">
                {formatBytes(sent)} of {formatBytes(size)}
              </span>
              <Button look="quiet" onClick={() => uploads.cancelAll()}>
                Cancel all
              </Button>
            </footer>
          )}
        </>
      )}
    </section>
  );
}

const RANK: Readonly<Record<Upload["state"], number>> = {
  failed: 0,
  running: 1,
  paused: 2,
  waiting: 3,
  stored: 4,
  cancelled: 5,
};

function titleOf({ left, failed, stored }: { left: number; failed: number; stored: number }): string {
  if (left > 0) return `Uploading ${counted(left, "file")}`;
  if (failed > 0) return `${counted(failed, "file")} could not be stored`;
  return stored === 0 ? "Cancelled" : `${counted(stored, "file")} stored`;
}

function Line({
  upload: { id, key, size, sent, state, canPause, note },
}: {
  readonly upload: Upload;
}): ReactNode {
  const name = nameOf(key);
  return (
    <li className="tray-line" data-state={state}>
      {state === "failed" && <CircleAlert aria-hidden />}
      {state === "stored" && <CircleCheck aria-hidden />}
      {(isStillOpen(state) || state === "cancelled") && <span className="tray-dot" aria-hidden />}
      <span className="tray-text">
        <span className="ellipsis" title={key}>
          {name}
        </span>
        <span className="soft number">{note ?? progressOf({ state, sent, size })}</span>
      </span>
      {canPause && state === "running" && sent < size && (
        <IconButton label={`Pause ${name}`} onClick={() => uploads.pause(id)}>
          <Pause aria-hidden />
        </IconButton>
      )}
      {state === "paused" && (
        <IconButton label={`Go on with ${name}`} onClick={() => uploads.retry(id)}>
          <Play aria-hidden />
        </IconButton>
      )}
      {isStillOpen(state) && (
        <IconButton label={`Cancel ${name}`} onClick={() => uploads.cancel(id)}>
          <X aria-hidden />
        </IconButton>
      )}
      {state === "failed" && (
        <IconButton label={`Send ${name} again`} onClick={() => uploads.retry(id)}>
          <RotateCw aria-hidden />
        </IconButton>
      )}
    </li>
  );
}

function progressOf({ state, sent, size }: Pick<Upload, "state" | "sent" | "size">): string {
  if (state === "cancelled") return "cancelled";
  if (state === "paused") return `paused at ${formatBytes(sent)} of ${formatBytes(size)}`;
  if (state === "waiting") return `waiting, ${formatBytes(size)}`;
  if (state === "stored") return formatBytes(size);
  return sent >= size ? "making copies…" : `${formatBytes(sent)} of ${formatBytes(size)}`;
}
