import type { MemberCopyRecord } from "@gstore/gateway/client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { whereIs } from "../../api/keys.ts";
import { counted } from "../../lib/format.ts";
import { ErrorState, Loading } from "../../ui/states.tsx";
import type { FileItem } from "./file-actions-context.ts";

const STATES: Readonly<Record<MemberCopyRecord["state"], readonly [string, string]>> = {
  holds: ["good", "has a copy"],
  lacks: ["", "no copy"],
  full: ["warn", "no room for one"],
  silent: ["warn", "did not answer"],
  away: ["", "not connected"],
  excluded: ["", "not for this space"],
};

/** Who holds the file, as each member says now. */
export function CopiesTab({ space, item }: { readonly space: string; readonly item: FileItem }): ReactNode {
  const { key, version } = item;
  const copies = useQuery({
    queryKey: ["copies", space, key, version],
    queryFn: ({ signal }) => whereIs({ space, key }, signal),
  });
  if (copies.isPending) return <Loading lines={4} />;
  if (copies.error !== null) return <ErrorState error={copies.error} onRetry={() => void copies.refetch()} />;
  const { copies: held, wanted, min, members } = copies.data;
  const look = held < min ? "failed" : held < wanted ? "warn" : "";
  return (
    <>
      <p className={`notice ${look}`}>
        <strong>
          {held} of {counted(wanted, "copy", "copies")}
        </strong>
        {held < min ? ": in danger" : held < wanted ? ": more are to be made" : ": safe"}
      </p>
      <ul className="lines">
        {members.map(({ id, name, state, placed }) => (
          <li key={id}>
            <span>
              {name}
              {placed && state !== "holds" && <span className="soft"> · should have one</span>}
            </span>
            <span className={`badge ${STATES[state][0]}`}>{STATES[state][1]}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
