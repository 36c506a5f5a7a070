import { File, FileArchive, FileAudio, FileCode, FileImage, FileText, FileVideo } from "lucide-react";
import type { ReactNode } from "react";

export type FileKind = "image" | "video" | "audio" | "pdf" | "text" | "archive" | "other";

const ENDINGS: Readonly<Record<Exclude<FileKind, "other">, RegExp>> = {
  image: /\.(?:png|jpe?g|gif|webp|avif|bmp|svg)$/i,
  video: /\.(?:mp4|m4v|webm|mov|mkv|ogv)$/i,
  audio: /\.(?:mp3|m4a|aac|ogg|oga|opus|flac|wav)$/i,
  pdf: /\.pdf$/i,
  text: /\.(?:txt|md|csv|json|jsonc|xml|ya?ml|toml|ini|log|[cm]?[jt]sx?|css|html?|py|rb|go|rs|java|c|h|cpp|sh|sql|tex|srt)$/i,
  archive: /\.(?:zip|tar|t?gz|bz2|xz|zst|7z|rar)$/i,
};

/** What a file is shown as, by its type, or where that says nothing by its name. */
export function kindOf({
  key,
  contentType,
}: {
  readonly key: string;
  readonly contentType: string | null;
}): FileKind {
  const [type = "", subtype = ""] = (contentType ?? "").split(";")[0]?.trim().toLowerCase().split("/") ?? [];
  if (type === "image" || type === "video" || type === "audio") return type;
  if (subtype === "pdf") return "pdf";
  if (type === "text" || subtype === "json") return "text";
  const found = Object.entries(ENDINGS).find(([, pattern]) => pattern.test(key));
  return (found?.[0] as FileKind | undefined) ?? "other";
}

const ICONS = {
  image: FileImage,
  video: FileVideo,
  audio: FileAudio,
  pdf: FileText,
  text: FileCode,
  archive: FileArchive,
  other: File,
} as const;

export function FileIcon({ kind }: { readonly kind: FileKind }): ReactNode {
  const Icon = ICONS[kind];
  return <Icon aria-hidden className="file-icon" data-kind={kind} />;
}
