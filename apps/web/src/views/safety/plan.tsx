import type { PlanRecord } from "@gstore/gateway/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { askLines } from "../../api/http.ts";
import { listMembers } from "../../api/node.ts";
import { counted, formatBytes } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { messageOf } from "../../ui/toasts.tsx";

type Report = { readonly type: "report" } & PlanRecord;

/** What would be lost if these nodes were gone for good. */
export function Plan(): ReactNode {
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const members = useQuery({ queryKey: ["members"], queryFn: ({ signal }) => listMembers(signal) });
  const plan = useMutation({
    mutationFn: async () => await askLines<Report>("/v1/plan", { body: { without: [...gone] } }),
  });
  const toggle = (id: string): void => {
    const next = new Set(gone);
    if (!next.delete(id)) next.add(id);
    setGone(next);
    plan.reset();
  };
  return (
    <section className="panel-card">
      <h2>What if these nodes were gone?</h2>
      <div className="check-row">
        {members.data?.map(({ id, name }) => (
          <label key={id}>
            <input type="checkbox" checked={gone.has(id)} onChange={() => toggle(id)} />
            {name}
          </label>
        ))}
        <Button disabled={gone.size === 0 || plan.isPending} onClick={() => plan.mutate()}>
          {plan.isPending ? "Working it out…" : "Work it out"}
        </Button>
      </div>
      <div role="status">
        {plan.error !== null && <p className="notice failed">{messageOf(plan.error)}</p>}
        {plan.data !== undefined && <Outcome report={plan.data} />}
      </div>
    </section>
  );
}

function Outcome({ report: { current, without, members } }: { readonly report: Report }): ReactNode {
  const { lost, after } = current;
  const names = without.map(({ name }) => name).join(" and ");
  const fetching = members.reduce((sum, { fetching: { bytes } }) => sum + bytes, 0);
  if (lost.versions > 0) {
    return (
      <p className="notice failed">
        Without {names}, <strong>{counted(lost.versions, "file")}</strong> ({formatBytes(lost.bytes)}) would
        be lost.
      </p>
    );
  }
  const short = after.belowCopies.versions;
  const rest =
    short === 0
      ? "All files would have their copies."
      : fetching > 0
        ? `${counted(short, "file")} would be short of copies until the others have fetched ${formatBytes(fetching)}.`
        : `${counted(short, "file")} would be short of copies, with no node left to make more.`;
  return (
    <p className={after.belowMin.versions > 0 ? "notice warn" : "notice"}>
      Without {names}, nothing would be lost. {rest}
    </p>
  );
}
