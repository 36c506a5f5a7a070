import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { readStatus } from "../../api/node.ts";
import { formatAgo } from "../../lib/format.ts";
import { chooseTheme, chosenTheme, THEMES } from "../../lib/theme.ts";
import { useRole } from "../../shell/session-context.ts";
import { Limits } from "./limits.tsx";
import { Policies } from "./policies.tsx";
import { Tokens } from "./tokens.tsx";
import "../views.css";
import "./settings.css";

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
