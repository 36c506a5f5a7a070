import type { RecentRecord } from "@gstore/gateway/client";
import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, FilePlus2, History, Trash2 } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { changes } from "../../api/changes.ts";
import { listRecent, listSpaces } from "../../api/keys.ts";
import { listPeers } from "../../api/node.ts";
import { formatAgo, formatBytes, formatRate, formatTime, nameOf } from "../../lib/format.ts";
import { folderHref } from "../../lib/route.ts";
import { EmptyState, Loaded } from "../../ui/states.tsx";
import "../views.css";
import "./activity.css";

/** Lines that are drawn; what is older is found in the versions of each file. */
const SHOWN_MAX = 200;
/** Spaces that are asked about. */
const SPACES_MAX = 16;
const REFRESH_DELAY_MS = 500;

interface RecentChange extends RecentRecord {
  readonly space: string;
}

/** What changed last, as it does, and what flows to and from the others. */
export function ActivityView(): ReactNode {
  const recent = useRecent();
  return (
    <section className="view" aria-label="Activity">
      <header className="view-head">
        <h1>Activity</h1>
      </header>
      <div className="view-body">
        <Transfers />
        <h2>Recent changes</h2>
        <Loaded query={recent}>
          {(list) =>
            list.length === 0 ? (
              <EmptyState icon={<History aria-hidden />} title="Nothing has changed yet">
                <p>Files that are stored or deleted at any node show up here as it happens.</p>
              </EmptyState>
            ) : (
              <ol className="changes">
                {list.map((change) => (
                  <Change key={`${change.space} ${change.version}`} change={change} />
                ))}
              </ol>
            )
          }
        </Loaded>
      </div>
    </section>
  );
}

/** The latest changes of all spaces, read anew when one more comes. */
function useRecent(): UseQueryResult<readonly RecentChange[]> {
  const queries = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = changes.onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void queries.invalidateQueries({ queryKey: ["recent"] });
      }, REFRESH_DELAY_MS);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [queries]);
  return useQuery({
    queryKey: ["recent"],
    queryFn: async ({ signal }) => {
      const spaces = (await listSpaces(signal)).slice(0, SPACES_MAX);
      const lists = spaces.map(async ({ name: space }) =>
        (await listRecent({ space, signal })).items.map((item): RecentChange => ({ ...item, space })),
      );
      const all = (await Promise.all(lists)).flat();
      return all.sort((a, b) => b.stored.localeCompare(a.stored)).slice(0, SHOWN_MAX);
    },
  });
}

function Change({ change }: { readonly change: RecentChange }): ReactNode {
  const { space, key, op, stored, author, state, size } = change;
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  return (
    <li>
      <span className={op === "put" ? "change-icon good" : "change-icon bad"}>
        {op === "put" ? <FilePlus2 aria-hidden /> : <Trash2 aria-hidden />}
      </span>
      <span className="change-text">
        <span>
          <strong>{author.name}</strong> {op === "put" ? "stored" : "deleted"}{" "}
          <a href={folderHref(space, folder)}>{nameOf(key)}</a>
          {state === "conflict" && <span className="badge warn">in conflict</span>}
        </span>
        <span className="soft">
          {space}
          {folder !== "" && ` / ${folder.slice(0, -1).split("/").join(" / ")}`}
          {size !== null && ` · ${formatBytes(size)}`}
        </span>
      </span>
      <time className="soft" dateTime={stored} title={formatTime(stored)}>
        {formatAgo(stored)}
      </time>
    </li>
  );
}

function Transfers(): ReactNode {
  const peers = useQuery({
    queryKey: ["peers"],
    queryFn: ({ signal }) => listPeers(signal),
    refetchInterval: 2000,
  });
  const connected = peers.data?.filter((peer) => peer.connected) ?? [];
  if (connected.length === 0) return null;
  return (
    <section className="panel-card">
      <h2>Transfers</h2>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Now</th>
            <th scope="col">Since it connected</th>
          </tr>
        </thead>
        <tbody>
          {connected.map(({ id, name, sentPerSecond, receivedPerSecond, bytesSent, bytesReceived }) => (
            <tr key={id}>
              <td>{name}</td>
              <td className="number">
                <span className="flow">
                  <ArrowUp aria-label="sent" /> {formatRate(sentPerSecond)}
                </span>
                <span className="flow">
                  <ArrowDown aria-label="received" /> {formatRate(receivedPerSecond)}
                </span>
              </td>
              <td className="number">
                {formatBytes(bytesSent ?? 0)} sent, {formatBytes(bytesReceived ?? 0)} received
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
