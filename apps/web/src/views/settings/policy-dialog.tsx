import type { PolicyRecord } from "@gstore/gateway/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { setPolicy } from "../../api/node.ts";
import { counted } from "../../lib/format.ts";
import { Choice } from "../../ui/choice.tsx";
import { DialogForm } from "../../ui/dialog-form.tsx";
import { Modal } from "../../ui/modal.tsx";
import { useNotify } from "../../ui/toasts.tsx";

export const DAY_MS = 86_400_000;

interface PolicyDialogProps {
  /** Null for one that is still to be made. */
  readonly policy: PolicyRecord | null;
  readonly spaces: readonly string[];
  readonly onClose: () => void;
}

/** Sets a policy. What it does not show of one that there is stays as it was. */
export function PolicyDialog({ policy, spaces, onClose }: PolicyDialogProps): ReactNode {
  const notify = useNotify();
  const queries = useQueryClient();
  const [space, setSpace] = useState(policy?.space ?? spaces[0] ?? "main");
  const [prefix, setPrefix] = useState(policy?.prefix ?? "");
  const [copies, setCopies] = useState(String(policy?.copies ?? 3));
  const [min, setMin] = useState(String(policy?.min ?? 2));
  const [days, setDays] = useState(String(Math.round((policy?.historyMs ?? 30 * DAY_MS) / DAY_MS)));
  const change = useMutation({
    mutationFn: () =>
      setPolicy({
        space,
        prefix,
        copies: Number(copies),
        min: Number(min),
        history: `${days}d`,
        ...(policy !== null && { zones: policy.zones, require: policy.required.map(({ id }) => id) }),
      }),
    onSuccess: ({ reclassified, notes }) => {
      const also =
        reclassified === 0 ? "" : ` ${counted(reclassified, "file")} that there are came under it.`;
      notify({ text: `The rule holds.${also} ${notes.join(" ")}`.trim() });
      void queries.invalidateQueries({ queryKey: ["policies"] });
      onClose();
    },
  });
  const title =
    policy === null ? "A rule for a folder" : `Copies of ${prefix === "" ? `all of ${space}` : prefix}`;
  return (
    <Modal title={title} isOpen onClose={onClose} size="medium">
      <DialogForm work={change} submit={change.isPending ? "Setting it…" : "Set the rule"} onCancel={onClose}>
        {policy === null && (
          <>
            {spaces.length > 1 && (
              <Choice
                label="Space"
                value={space}
                choices={spaces.map((name) => [name, name] as const)}
                onChange={setSpace}
              />
            )}
            <label className="field">
              <span>Folder</span>
              <input
                className="input"
                required
                value={prefix}
                placeholder="photos/"
                onChange={({ target }) => setPrefix(target.value)}
              />
            </label>
          </>
        )}
        <div className="fields">
          <Whole label="Copies" value={copies} onChange={setCopies} />
          <Whole label="In danger below" value={min} onChange={setMin} />
          <Whole label="Days old versions are kept" value={days} onChange={setDays} max={36_500} min={0} />
        </div>
      </DialogForm>
    </Modal>
  );
}

interface WholeProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly min?: number;
  readonly max?: number;
}

function Whole({ label, value, onChange, min = 1, max = 64 }: WholeProps): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        className="input"
        type="number"
        required
        min={min}
        max={max}
        step={1}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
