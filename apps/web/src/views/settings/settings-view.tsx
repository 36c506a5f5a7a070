import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { listPolicies, listTokens, readLimits, readStatus, revokeToken } from "../../api/node.ts";
import { counted, formatAgo, formatRate, formatTime } from "../../lib/format.ts";
import { chooseTheme, chosenTheme, THEMES } from "../../lib/theme.ts";
import { useRole } from "../../shell/session-context.ts";
import { IconButton } from "../../ui/button.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";
import "../views.css";

/** How this node is set, and who may use it. */
export function SettingsView(): ReactNode {
  const { isAdmin } = useRole();
  return (
    <section className="view" aria-label="Settings">
      <header className="view-head">
        <h1>Settings</h1>
      </header>
      <div className="view-body">
        <Appearance />
        <Policies />
        <Limits />
        {isAdmin && <Tokens />}
        <About />
      </div>
    </section>
  );
}

function Appearance(): ReactNode {
  const [theme, setTheme] = useState(chosenTheme);
  return (
    <fieldset className="panel-card plain-fieldset">
      <legend>Appearance</legend>
      <div className="check-row">
        {THEMES.map(([name, label]) => (
          <label key={name}>
            <input
              type="radio"
              name="theme"
              checked={theme === name}
              onChange={() => {
                chooseTheme(name);
                setTheme(name);
              }}
            />
            {label}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const DAY_MS = 86_400_000;

function Policies(): ReactNode {
  const policies = useQuery({ queryKey: ["policies"], queryFn: ({ signal }) => listPolicies(signal) });
  return (
    <section className="panel-card">
      <h2>How many copies files have</h2>
      {policies.error !== null ? (
        <ErrorState error={policies.error} onRetry={() => void policies.refetch()} />
      ) : policies.data === undefined ? (
        <Loading lines={2} />
      ) : (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Files</th>
              <th scope="col">Copies</th>
              <th scope="col">At least</th>
              <th scope="col">Old versions</th>
            </tr>
          </thead>
          <tbody>
            {policies.data.map(({ space, prefix, copies, min, historyMs }) => (
              <tr key={`${space}/${prefix}`}>
                <td>{prefix === "" ? `all of ${space}` : `${space} / ${prefix ?? "sealed"}`}</td>
                <td className="number">{copies}</td>
                <td className="number">{min}</td>
                <td className="number">{counted(Math.round(historyMs / DAY_MS), "day")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p className="soft">
        Changed by <code>gstore policy set</code>.
      </p>
    </section>
  );
}

function Limits(): ReactNode {
  const limits = useQuery({ queryKey: ["limits"], queryFn: ({ signal }) => readLimits(signal) });
  if (limits.data === undefined) return null;
  const shown = (rate: number | null): string => (rate === null ? "no limit" : formatRate(rate));
  return (
    <section className="panel-card">
      <h2>How fast files are sent and received</h2>
      <p className="number">
        Sending: {shown(limits.data.up)}. Receiving: {shown(limits.data.down)}.
      </p>
      <p className="soft">
        Changed by <code>gstore limit up 2MB/s</code>.
      </p>
    </section>
  );
}

function Tokens(): ReactNode {
  const notify = useNotify();
  const queries = useQueryClient();
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: ({ signal }) => listTokens(signal) });
  const revoke = (id: string): void => {
    revokeToken(id).then(
      () => void queries.invalidateQueries({ queryKey: ["tokens"] }),
      (error) => notify({ text: messageOf(error), kind: "failed" }),
    );
  };
  if (tokens.data === undefined) return null;
  return (
    <section className="panel-card">
      <h2>Programs that may use this node</h2>
      {tokens.data.length === 0 ? (
        <p className="soft">
          None. <code>gstore token create</code> makes a token for one.
        </p>
      ) : (
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Token</th>
              <th scope="col">May</th>
              <th scope="col">Until</th>
              <th scope="col">
                <span className="visually-hidden">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.data.map(({ id, name, role, space, prefix, expires }) => (
              <tr key={id}>
                <td>{name ?? id}</td>
                <td>
                  {role}
                  {space !== null && `, in ${space}${prefix === "" ? "" : ` / ${prefix}`}`}
                </td>
                <td>
                  {expires === null ? (
                    "it is revoked"
                  ) : (
                    <span title={formatTime(expires)}>{formatAgo(expires)}</span>
                  )}
                </td>
                <td>
                  <IconButton label={`Revoke ${name ?? id}`} onClick={() => revoke(id)}>
                    <Trash2 aria-hidden />
                  </IconButton>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function About(): ReactNode {
  const { data } = useQuery({ queryKey: ["status"], queryFn: ({ signal }) => readStatus(signal) });
  if (data === undefined) return null;
  return (
    <section className="panel-card">
      <h2>This node</h2>
      <p>
        <strong>{data.name}</strong>, gstore {data.version}, started {formatAgo(data.started)}
      </p>
      <p className="soft wrap">
        <code>{data.id}</code>
      </p>
    </section>
  );
}
