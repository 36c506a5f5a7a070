import { useQuery } from "@tanstack/react-query";
import { FileQuestion } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { send } from "../../api/http.ts";
import { fileUrl } from "../../api/keys.ts";
import { formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState, ErrorState, Loading } from "../../ui/states.tsx";
import { type FileItem, useFileActions } from "./file-actions-context.ts";
import { type FileKind, kindOf } from "./file-kind.tsx";

/** A text is shown up to here, and read no further. */
const TEXT_BYTES_MAX = 512 * 1024;
/** A PDF is held in memory whole. */
const PDF_BYTES_MAX = 100 * 1024 * 1024;

interface PreviewProps {
  readonly space: string;
  readonly item: FileItem;
}

/** What is in a file, by the browser's own means, none of which runs anything of it in this page. */
export function Preview({ space, item }: PreviewProps): ReactNode {
  const [isBroken, setBroken] = useState(false);
  const kind = isBroken ? "other" : kindOf(item);
  const Shown = PREVIEWS[kind];
  return (
    <div className="preview" data-kind={kind}>
      {Shown === undefined ? (
        <Unknown item={item} isBroken={isBroken} />
      ) : (
        <Shown space={space} item={item} onBroken={() => setBroken(true)} />
      )}
    </div>
  );
}

type Shown = (props: PreviewProps & { readonly onBroken: () => void }) => ReactNode;

const PREVIEWS: Partial<Record<FileKind, Shown>> = {
  // In these elements a picture runs no script, one of SVG neither.
  image: ({ space, item, onBroken }) => (
    <img src={fileUrl(space, item.key, item.version)} alt={item.key} onError={onBroken} />
  ),
  // The browser reads the parts that it needs, so that seeking waits for nothing else.
  video: ({ space, item, onBroken }) => (
    // biome-ignore lint/a11y/useMediaCaption: captions are what the file has
    <video src={fileUrl(space, item.key, item.version)} controls preload="metadata" onError={onBroken} />
  ),
  audio: ({ space, item, onBroken }) => (
    // biome-ignore lint/a11y/useMediaCaption: as above
    <audio src={fileUrl(space, item.key, item.version)} controls preload="metadata" onError={onBroken} />
  ),
  pdf: PdfPreview,
  text: TextPreview,
};

function TextPreview({ space, item }: PreviewProps): ReactNode {
  const text = useQuery({
    queryKey: ["text", space, item.key, item.version],
    queryFn: async ({ signal }) => {
      if (item.size === 0) return "";
      const headers = { range: `bytes=0-${TEXT_BYTES_MAX - 1}` };
      return await (await send(fileUrl(space, item.key, item.version), { headers, signal })).text();
    },
  });
  if (text.isPending) return <Loading />;
  if (text.error !== null) return <ErrorState error={text.error} onRetry={() => void text.refetch()} />;
  return (
    <>
      {item.size > TEXT_BYTES_MAX && (
        <p className="notice">
          These are the first {formatBytes(TEXT_BYTES_MAX)} of {formatBytes(item.size)}.
        </p>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keys scroll it */}
      <pre tabIndex={0}>{text.data === "" ? "This file is empty." : text.data}</pre>
    </>
  );
}

function PdfPreview({ space, item }: PreviewProps): ReactNode {
  const isLarge = item.size > PDF_BYTES_MAX;
  const pdf = useQuery({
    queryKey: ["pdf", space, item.key, item.version],
    enabled: !isLarge,
    gcTime: 0,
    queryFn: async ({ signal }) => {
      const bytes = await (await send(fileUrl(space, item.key, item.version), { signal })).arrayBuffer();
      // Whatever the file says that it is: shown by the browser's viewer of PDF, which runs nothing in this page.
      return new Blob([bytes], { type: "application/pdf" });
    },
  });
  const url = useBlobUrl(pdf.data);
  if (isLarge) return <Unknown item={item} isBroken={false} />;
  if (pdf.error !== null) return <ErrorState error={pdf.error} onRetry={() => void pdf.refetch()} />;
  return url === undefined ? <Loading /> : <iframe src={url} title={item.key} />;
}

function useBlobUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (blob === undefined) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}

function Unknown({ item, isBroken }: { readonly item: FileItem; readonly isBroken: boolean }): ReactNode {
  const { download } = useFileActions();
  const title = isBroken ? "The browser can't show this file" : "There is no preview of this file";
  return (
    <EmptyState icon={<FileQuestion aria-hidden />} title={title}>
      <p>
        {isBroken ? "It may be of a kind that it doesn't know, or damaged." : `${formatBytes(item.size)}`}
      </p>
      <Button look="primary" onClick={() => download([item])}>
        Download
      </Button>
    </EmptyState>
  );
}
