import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, FilePlus2, History, Trash2 } from "lucide-react";
import type { ReactNode } from "react";
import { type SeenChange, useRecentChanges } from "../../api/changes.ts";
import { listMembers, listPeers } from "../../api/node.ts";
import { formatAgo, formatBytes, formatRate, formatTime, nameOf } from "../../lib/format.ts";
import { folderHref } from "../../lib/route.ts";
import { EmptyState } from "../../ui/states.tsx";
import "../views.css";
import "./activity.css";

/** Lines that are drawn; the older ones of them say no more than that there were many. */
const SHOWN_MAX = 200;

/** What changes, as it does, and what flows to and from the others. */
export function ActivityView(): ReactNode {
  const recent = useRecentChanges();
  const members = useQuery({ queryKey: ["members"], queryFn: ({ signal }) => listMembers(signal) });
  const names = new Map(members.data?.map(({ id, name }) => [id, name]));
  return (
    <section className="view" aria-label="Activity">
      <header className="view-head">
        <h1>Activity</h1>
      </header>
      <div className="view-body">
        <Transfers />
        <h2>Changes since this page was opened</h2>
        {recent.length === 0 ? (
          <EmptyState icon={<History aria-hidden />} title="Nothing has changed yet">
            <p>Files that are stored or deleted at any node show up here as it happens.</p>
          </EmptyState>
        ) : (
          <ol className="changes">
            {recent.slice(0, SHOWN_MAX).map((change) => (
              <Change
                key={`${change.version} ${change.seen}`}
                change={change}
                author={names.get(change.author) ?? "a former member"}
              />
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}

function Change({ change, author }: { readonly change: SeenChange; readonly author: string }): ReactNode {
  const { space, key, op, seen } = change;
  const folder = key.slice(0, key.lastIndexOf("/") + 1);
  return (
    <li>
      <span className={op === "put" ? "change-icon good" : "change-icon bad"}>
        {op === "put" ? <FilePlus2 aria-hidden /> : <Trash2 aria-hidden />}
      </span>
      <span className="change-text">
        <span>
          <strong>{author}</strong> {op === "put" ? "stored" : "deleted"}{" "}
          <a href={folderHref(space, folder)}>{nameOf(key)}</a>
        </span>
        <span className="soft">
          {space}
          {folder !== "" && ` / ${folder.slice(0, -1).split("/").join(" / ")}`}
        </span>
      </span>
      <time className="soft" dateTime={seen} title={formatTime(seen)}>
        {formatAgo(seen)}
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
