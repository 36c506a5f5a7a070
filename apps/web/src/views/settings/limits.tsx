import type { LimitsRecord } from "@gstore/gateway/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { readLimits, setLimits } from "../../api/node.ts";
import { formatRate } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button } from "../../ui/button.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";

const MEGABYTE = 1_000_000;

/** How much of the line files may take, both ways. */
export function Limits(): ReactNode {
  const { isAdmin } = useRole();
  const limits = useQuery({ queryKey: ["limits"], queryFn: ({ signal }) => readLimits(signal) });
  return (
    <section className="panel-card">
      <h2>How fast files are sent and received</h2>
      {limits.error !== null ? (
        <ErrorState error={limits.error} onRetry={() => void limits.refetch()} />
      ) : limits.data === undefined ? (
        <Loading lines={1} />
      ) : isAdmin ? (
        <LimitsForm key={`${limits.data.up} ${limits.data.down}`} limits={limits.data} />
      ) : (
        <p className="number">
          Sending: {shown(limits.data.up)}. Receiving: {shown(limits.data.down)}.
        </p>
      )}
    </section>
  );
}

function LimitsForm({ limits }: { readonly limits: LimitsRecord }): ReactNode {
  const notify = useNotify();
  const queries = useQueryClient();
  const [up, setUp] = useState(megabytes(limits.up));
  const [down, setDown] = useState(megabytes(limits.down));
  const change = useMutation({
    mutationFn: () => setLimits({ up: bytes(up), down: bytes(down) }),
    onSuccess: (now) => {
      queries.setQueryData(["limits"], now);
      notify({ text: "The limits hold until the node stops." });
    },
  });
  const isSame = bytes(up) === limits.up && bytes(down) === limits.down;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <div className="fields">
        <Rate label="Sending, at most MB/s" value={up} onChange={setUp} />
        <Rate label="Receiving, at most MB/s" value={down} onChange={setDown} />
        <Button type="submit" disabled={isSame || change.isPending}>
          Set the limits
        </Button>
      </div>
      {change.error !== null && (
        <p className="notice failed" role="alert">
          {messageOf(change.error)}
        </p>
      )}
      <p className="soft">
        They hold until the node stops. For good: <code>up</code> and <code>down</code> below{" "}
        <code>[limit]</code> in its config.toml.
      </p>
    </form>
  );
}

interface RateProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Rate({ label, value, onChange }: RateProps): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        className="input"
        type="number"
        min="0.01"
        step="any"
        placeholder="no limit"
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}

function megabytes(rate: number | null): string {
  return rate === null ? "" : String(rate / MEGABYTE);
}

function bytes(text: string): number | null {
  return text === "" ? null : Math.round(Number(text) * MEGABYTE);
}

function shown(rate: number | null): string {
  return rate === null ? "no limit" : formatRate(rate);
}
