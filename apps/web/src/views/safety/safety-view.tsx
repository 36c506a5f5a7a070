import type { SafetyRecord, ShortVersionRecord, StatusAnswer } from "@gstore/gateway/client";
import { useQuery } from "@tanstack/react-query";
import { RefreshCw, ShieldAlert, ShieldCheck } from "lucide-react";
import type { ReactNode } from "react";
import { askLines } from "../../api/http.ts";
import { readStatus } from "../../api/node.ts";
import { counted, formatAgo, formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Figure } from "../../ui/figure.tsx";
import { Loaded } from "../../ui/states.tsx";
import { judge } from "./judge.ts";
import { Plan } from "./plan.tsx";
import "../views.css";

type Report = { readonly type: "report" } & SafetyRecord;

/** Whether all files have the copies that they should, and what is done about it. */
export function SafetyView(): ReactNode {
  const safety = useQuery({
    queryKey: ["safety"],
    queryFn: async ({ signal }) => await askLines<Report>("/v1/safe", { body: {}, signal }),
    refetchInterval: 20_000,
  });
  const status = useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => readStatus(signal),
    refetchInterval: 5000,
  });
  return (
    <section className="view" aria-label="Safety">
      <header className="view-head">
        <h1>Safety</h1>
        <Button disabled={safety.isFetching} onClick={() => void safety.refetch()}>
          <RefreshCw aria-hidden /> {safety.isFetching ? "Counting copies…" : "Count again"}
        </Button>
      </header>
      <Loaded query={safety}>
        {(report) => (
          <div className="view-body">
            <Verdict report={report} />
            {report.worst.length > 0 && <Worst versions={report.worst} />}
            <Lacking report={report} />
            <Plan />
            {status.data !== undefined && <Upkeep status={status.data} />}
          </div>
        )}
      </Loaded>
    </section>
  );
}

function Verdict({ report }: { readonly report: SafetyRecord }): ReactNode {
  const { state, title, text } = judge(report);
  const { all, belowCopies } = report.current;
  return (
    <>
      <div className="hero" data-state={state} role="status">
        {state === "good" ? <ShieldCheck aria-hidden /> : <ShieldAlert aria-hidden />}
        <div>
          <h2>{title}</h2>
          <p>{text}</p>
        </div>
      </div>
      <dl className="figures">
        <Figure name="Files" value={all.versions.toLocaleString()} more={formatBytes(all.bytes)} />
        <Figure name="With all their copies" value={(all.versions - belowCopies.versions).toLocaleString()} />
        <Figure
          name="Nodes that may be lost"
          value={String(report.current.mayLose ?? "–")}
          more="whichever they are"
        />
        <Figure name="Counted" value={formatAgo(report.checked)} />
      </dl>
    </>
  );
}

function Worst({ versions }: { readonly versions: readonly ShortVersionRecord[] }): ReactNode {
  return (
    <section className="panel-card">
      <h2>Short of copies</h2>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Copies</th>
            <th scope="col">On</th>
          </tr>
        </thead>
        <tbody>
          {versions.map(({ version, key, current, copies, wanted, min, holders }) => (
            <tr key={version}>
              <td>
                {key ?? "a sealed file"} {!current && <span className="badge">older version</span>}
              </td>
              <td>
                <span className={`badge ${copies < min ? "bad" : "warn"}`}>
                  {copies} of {wanted}
                </span>
              </td>
              <td>{holders.map(({ name }) => name).join(", ") || "nobody that can be reached"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const WHY: Readonly<Record<string, string>> = {
  lacks: "connected, and copies are still to be made",
  full: "has no room for more",
  silent: "connected, and did not answer",
  away: "not connected",
};

function Lacking({ report: { members } }: { readonly report: SafetyRecord }): ReactNode {
  if (members.length === 0) return null;
  return (
    <section className="panel-card">
      <h2>Why</h2>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">Lacks</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {members.map(({ id, name, state, lacking, lastSeen }) => (
            <tr key={id}>
              <td>{name}</td>
              <td className="number">
                {counted(lacking.versions, "file")}, {formatBytes(lacking.bytes)}
              </td>
              <td>
                {WHY[state]}
                {state === "away" && lastSeen !== null && `, seen ${formatAgo(lastSeen)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Upkeep({ status: { scrub, repair } }: { readonly status: StatusAnswer }): ReactNode {
  const { progress } = scrub;
  const read =
    progress === null ? null : Math.floor((100 * progress.bytes) / Math.max(1, progress.bytesTotal));
  return (
    <section className="panel-card">
      <h2>What this node does about it by itself</h2>
      <dl className="figures of-six">
        <Figure
          name="All was re-read"
          value={scrub.lastEnded === null ? "not yet" : formatAgo(scrub.lastEnded)}
          {...(read !== null && { more: `${read} % of this round` })}
        />
        <Figure name="Damage found" value={String(scrub.damagedFound)} more={`${scrub.repaired} mended`} />
        <Figure name="Copies being made" value={String(repair.running)} more={`${repair.queued} waiting`} />
        <Figure
          name="Copies made"
          value={repair.copiesMade.toLocaleString()}
          more={formatBytes(repair.bytesGiven)}
        />
        <Figure
          name="Audits of others"
          value={`${repair.audits.proved.toLocaleString()} proved`}
          more={`${repair.audits.failed} failed`}
        />
        <Figure
          name="Last audit"
          value={repair.audits.last === null ? "not yet" : formatAgo(repair.audits.last)}
        />
      </dl>
    </section>
  );
}
