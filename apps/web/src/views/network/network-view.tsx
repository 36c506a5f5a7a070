import type { MemberRecord, PeerRecord } from "@gstore/gateway/client";
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, UserMinus, UserPlus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { listMembers, listPeers, readStatus } from "../../api/node.ts";
import { counted, formatAgo, formatBytes, formatRate } from "../../lib/format.ts";
import { useRole } from "../../shell/session-context.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Figure } from "../../ui/figure.tsx";
import { ErrorState, Loading } from "../../ui/states.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { NetworkPicture } from "./network-picture.tsx";
import { RemoveDialog } from "./remove-dialog.tsx";
import "../views.css";
import "./network.css";

const LIVE_MS = 2000;

/** A member, and the connection to it where there is one. */
export interface NodeOfNetwork {
  readonly member: MemberRecord;
  readonly peer: PeerRecord | null;
}

/** Who is in the network, how they are connected, and how much room they have. */
export function NetworkView(): ReactNode {
  const { isAdmin } = useRole();
  const [isInviting, setInviting] = useState(false);
  const [leaving, setLeaving] = useState<MemberRecord | null>(null);
  const live = { refetchInterval: LIVE_MS };
  const members = useQuery({ queryKey: ["members"], queryFn: ({ signal }) => listMembers(signal), ...live });
  const peers = useQuery({ queryKey: ["peers"], queryFn: ({ signal }) => listPeers(signal), ...live });
  const status = useQuery({ queryKey: ["status"], queryFn: ({ signal }) => readStatus(signal) });
  const error = members.error ?? peers.error;
  const nodes = (members.data ?? []).map(
    (member): NodeOfNetwork => ({ member, peer: peers.data?.find(({ id }) => id === member.id) ?? null }),
  );
  return (
    <section className="view" aria-label="Network">
      <header className="view-head">
        <h1>Network</h1>
        {isAdmin && (
          <Button look="primary" onClick={() => setInviting(true)}>
            <UserPlus aria-hidden /> Invite a node
          </Button>
        )}
      </header>
      {error !== null && members.data === undefined ? (
        <ErrorState error={error} onRetry={() => void members.refetch()} />
      ) : members.data === undefined ? (
        <Loading />
      ) : (
        <div className="view-body">
          <NetworkPicture nodes={nodes} />
          <Room
            nodes={nodes}
            usedBytes={status.data?.diskUsedBytes ?? null}
            freeBytes={status.data?.diskFreeBytes ?? null}
          />
          <h2>{counted(nodes.length, "node")}</h2>
          <ul className="cards">
            {nodes.map((node) => (
              <NodeCard key={node.member.id} node={node} onRemove={isAdmin ? setLeaving : null} />
            ))}
          </ul>
        </div>
      )}
      {isInviting && <InviteDialog onClose={() => setInviting(false)} />}
      {leaving !== null && <RemoveDialog member={leaving} onClose={() => setLeaving(null)} />}
    </section>
  );
}

interface RoomProps {
  readonly nodes: readonly NodeOfNetwork[];
  readonly usedBytes: number | null;
  readonly freeBytes: number | null;
}

function Room({ nodes, usedBytes, freeBytes }: RoomProps): ReactNode {
  if (usedBytes === null || freeBytes === null) return null;
  const stated = nodes.reduce((sum, { member }) => sum + (member.capacityBytes ?? 0), 0);
  const own = nodes.find(({ member }) => member.self)?.member.capacityBytes ?? usedBytes + freeBytes;
  return (
    <dl className="figures">
      <Figure name="Used on this node" value={formatBytes(usedBytes)} more={`of ${formatBytes(own)}`} />
      <Figure name="Free on its disk" value={formatBytes(freeBytes)} />
      {stated > 0 && (
        <Figure name="Capacity that nodes state" value={formatBytes(stated)} more="all together" />
      )}
    </dl>
  );
}

interface NodeCardProps {
  readonly node: NodeOfNetwork;
  readonly onRemove: ((member: MemberRecord) => void) | null;
}

function NodeCard({ node: { member, peer }, onRemove }: NodeCardProps): ReactNode {
  const { name, role, self, connected, lastSeen, capacityBytes, zone } = member;
  const isUp = self || connected;
  return (
    <li className="card">
      <header className="card-head">
        <span className="dot" data-state={isUp ? "good" : "bad"} aria-hidden />
        <strong className="ellipsis">{name}</strong>
        <span className="badge">{role}</span>
        {self && <span className="badge good">this node</span>}
        {onRemove !== null && !self && (
          <IconButton label={`Remove ${name}`} onClick={() => onRemove(member)}>
            <UserMinus aria-hidden />
          </IconButton>
        )}
      </header>
      <p className="soft">
        {isUp ? (self ? "serves this page" : connectionOf(peer)) : absenceOf(peer, lastSeen)}
      </p>
      {peer?.connected === true && (
        <p className="rates number">
          <ArrowUp aria-hidden /> {formatRate(peer.sentPerSecond)} <ArrowDown aria-hidden />{" "}
          {formatRate(peer.receivedPerSecond)}
        </p>
      )}
      {(capacityBytes !== null || zone !== null) && (
        <p className="soft">
          {[
            capacityBytes === null ? null : `holds up to ${formatBytes(capacityBytes)}`,
            zone === null ? null : `zone ${zone}`,
          ]
            .filter((text) => text !== null)
            .join(" · ")}
        </p>
      )}
    </li>
  );
}

const FOUND: Readonly<Record<string, string>> = {
  lan: "found on the local network",
  address: "by its address",
  "address book": "by its known address",
  "member list": "by an address that others told",
};

/** How it is reached, how it was found, and how long the way is. A word that this page does not know is shown as it is. */
function connectionOf(peer: PeerRecord | null): string {
  if (peer === null) return "connected";
  const { relay, punched, foundBy, roundTripMs, address } = peer;
  const way =
    relay !== null
      ? `connected through ${relay.name}`
      : `connected directly${punched === true ? ", through both routers" : ""}${address !== null && /\/wss?(?:\/|$)/.test(address) ? ", by WebSocket" : ""}`;
  const parts = [
    way,
    foundBy === null ? null : (FOUND[foundBy] ?? foundBy),
    roundTripMs === null ? null : `${roundTripMs < 1 ? "under 1" : Math.round(roundTripMs)} ms`,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

/** What keeps it from connecting, and since when. */
function absenceOf(peer: PeerRecord | null, lastSeen: string | null): string {
  const seen = lastSeen === null ? "not connected" : `not connected, seen ${formatAgo(lastSeen)}`;
  return peer === null || peer.incompatible === null
    ? seen
    : `${seen}; its gstore is ${peer.incompatible} than this one's protocol allows`;
}
