import type { TokenRecord } from "@gstore/gateway/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { listTokens, revokeToken } from "../../api/node.ts";
import { formatAgo, formatTime } from "../../lib/format.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Loaded } from "../../ui/states.tsx";
import { messageOf, useNotify } from "../../ui/toasts.tsx";
import { TokenDialog } from "./token-dialog.tsx";

/** Which programs may use the node, and the way to let one in or shut one out. */
export function Tokens(): ReactNode {
  const [isMaking, setMaking] = useState(false);
  const tokens = useQuery({ queryKey: ["tokens"], queryFn: ({ signal }) => listTokens(signal) });
  return (
    <section className="panel-card">
      <header className="panel-head">
        <h2>Programs that may use this node</h2>
        <Button onClick={() => setMaking(true)}>
          <Plus aria-hidden /> Make a token
        </Button>
      </header>
      <Loaded query={tokens} lines={2}>
        {(list) =>
          list.length === 0 ? (
            <p className="soft">
              None. A token lets a program or a script read or store files here over HTTP.
            </p>
          ) : (
            <TokenTable tokens={list} />
          )
        }
      </Loaded>
      {isMaking && <TokenDialog onClose={() => setMaking(false)} />}
    </section>
  );
}

function TokenTable({ tokens }: { readonly tokens: readonly TokenRecord[] }): ReactNode {
  const notify = useNotify();
  const queries = useQueryClient();
  const revoke = ({ id, name }: TokenRecord): void => {
    revokeToken(id).then(
      () => {
        notify({ text: `The token ${name ?? id} is revoked. What ran by it was cut off.` });
        void queries.invalidateQueries({ queryKey: ["tokens"] });
      },
      (error) => notify({ text: messageOf(error), kind: "failed" }),
    );
  };
  return (
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
        {tokens.map((token) => (
          <tr key={token.id}>
            <td className="wrap">{token.name ?? token.id}</td>
            <td>{rightOf(token)}</td>
            <td>
              {token.expires === null ? (
                "it is revoked"
              ) : (
                <span title={formatTime(token.expires)}>{formatAgo(token.expires)}</span>
              )}
            </td>
            <td className="cell-end">
              <IconButton label={`Revoke ${token.name ?? token.id}`} onClick={() => revoke(token)}>
                <Trash2 aria-hidden />
              </IconButton>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const RIGHTS: Readonly<Record<string, string>> = {
  reader: "read",
  writer: "read and store",
  admin: "do everything",
};

function rightOf({ role, space, prefix }: TokenRecord): string {
  const where = space === null ? "" : `, in ${space}${prefix === "" ? "" : ` / ${prefix}`}`;
  return `${RIGHTS[role] ?? role}${where}`;
}
