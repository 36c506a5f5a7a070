import type { PolicyRecord } from "@gstore/gateway/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { PencilLine, Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { listSpaces } from "../../api/keys.ts";
import { dropPolicy, listPolicies } from "../../api/node.ts";
import { counted } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Loaded } from "../../ui/states.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";
import { DAY_MS, PolicyDialog } from "./policy-dialog.tsx";

/** How many copies files have, for each space and the folders in it that have rules of their own. */
export function Policies(): ReactNode {
  const { isAdmin } = useRole();
  const [changing, setChanging] = useState<PolicyRecord | "new" | null>(null);
  const policies = useQuery({
    queryKey: ["policies"],
    queryFn: async ({ signal }) => {
      const spaces = await listSpaces(signal);
      return (await Promise.all(spaces.map(({ name }) => listPolicies(name, signal)))).flat();
    },
  });
  return (
    <section className="panel-card">
      <header className="panel-head">
        <h2>How many copies files have</h2>
        {isAdmin && (
          <Button onClick={() => setChanging("new")}>
            <Plus aria-hidden /> Rule for a folder
          </Button>
        )}
      </header>
      <Loaded query={policies} lines={2}>
        {(list) => <PolicyTable policies={list} onChange={isAdmin ? setChanging : null} />}
      </Loaded>
      {changing !== null && (
        <PolicyDialog
          policy={changing === "new" ? null : changing}
          spaces={[...new Set(policies.data?.map(({ space }) => space))]}
          onClose={() => setChanging(null)}
        />
      )}
    </section>
  );
}

interface PolicyTableProps {
  readonly policies: readonly PolicyRecord[];
  readonly onChange: ((policy: PolicyRecord) => void) | null;
}

function PolicyTable({ policies, onChange }: PolicyTableProps): ReactNode {
  const notify = useNotify();
  const queries = useQueryClient();
  const drop = useMutation({
    mutationFn: ({ space, prefix }: PolicyRecord) => dropPolicy(space, prefix ?? ""),
    onSuccess: () => {
      notify({ text: "The rule is gone. The space's own holds for these files again." });
      void queries.invalidateQueries({ queryKey: ["policies"] });
    },
    onError: (error) => notify({ text: messageOf(error), kind: "failed" }),
  });
  return (
    <table className="plain-table">
      <thead>
        <tr>
          <th scope="col">Files</th>
          <th scope="col">Copies</th>
          <th scope="col">At least</th>
          <th scope="col">Old versions</th>
          {onChange !== null && (
            <th scope="col">
              <span className="visually-hidden">Change</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {policies.map((policy) => {
          const { space, prefix, copies, min, historyMs, required, zones } = policy;
          const name = prefix === "" ? `all of ${space}` : `${space} / ${prefix ?? "sealed"}`;
          return (
            <tr key={`${space}/${policy.class}/${prefix}`}>
              <td className="wrap">
                {name}
                <span className="soft line-more">{alsoOf({ required, zones })}</span>
              </td>
              <td className="number">{copies}</td>
              <td className="number">{min}</td>
              <td className="number">{counted(Math.round(historyMs / DAY_MS), "day")}</td>
              {onChange !== null && (
                <td className="cell-end">
                  {prefix !== null && (
                    <IconButton label={`Change the rule for ${name}`} onClick={() => onChange(policy)}>
                      <PencilLine aria-hidden />
                    </IconButton>
                  )}
                  {prefix !== null && policy.set && (
                    <IconButton
                      label={`Drop the rule for ${name}`}
                      disabled={drop.isPending}
                      onClick={() => drop.mutate(policy)}
                    >
                      <Trash2 aria-hidden />
                    </IconButton>
                  )}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function alsoOf({ required, zones }: Pick<PolicyRecord, "required" | "zones">): string {
  const parts = [
    zones > 1 ? `in ${counted(zones, "zone")}` : "",
    required.length > 0 ? `always on ${required.map(({ name }) => name).join(", ")}` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}
