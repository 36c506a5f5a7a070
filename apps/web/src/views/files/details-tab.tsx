import type { ReactNode } from "react";
import { formatBytes, formatTime } from "../../lib/format.ts";
import type { FileItem } from "./file-actions-context.ts";

export function DetailsTab({ space, item }: { readonly space: string; readonly item: FileItem }): ReactNode {
  const slash = item.key.lastIndexOf("/");
  const rows: [string, ReactNode][] = [
    ["Size", `${formatBytes(item.size)} (${item.size.toLocaleString()} bytes)`],
    ["Type", item.contentType ?? "not given"],
    ["Where", slash === -1 ? space : `${space} / ${item.key.slice(0, slash).split("/").join(" / ")}`],
    ["Stored", formatTime(item.stored)],
    ["By", item.author.name],
    ...(item.modified === null ? [] : [["Modified", formatTime(item.modified)] as [string, ReactNode]]),
    ...Object.entries(item.metadata),
    ["Version", <code key="version">{item.version}</code>],
    ["Content (BLAKE3)", <code key="digest">{item.digest}</code>],
  ];
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
