import type { ReactNode } from "react";
import { counted } from "../../lib/format.ts";
import { useMediaQuery } from "../../lib/use-media-query.ts";
import type { NodeOfNetwork } from "./network-view.tsx";

const HEIGHT = 260;
/** On a phone it is drawn narrower, so that names can be read. */
const [WIDTH_WIDE, WIDTH_NARROW] = [720, 380];
/** Nodes that the picture has room for; the list has all. */
const SHOWN_MAX = 24;

/** This node in the middle, the others around it, and what flows between them now. */
export function NetworkPicture({ nodes }: { readonly nodes: readonly NodeOfNetwork[] }): ReactNode {
  const width = useMediaQuery("(width < 720px)") ? WIDTH_NARROW : WIDTH_WIDE;
  const place = (at: number): Place => placeOf(at, { count: shown.length, width });
  const others = nodes.filter(({ member }) => !member.self);
  const shown = others.slice(0, SHOWN_MAX);
  const self = nodes.find(({ member }) => member.self);
  const up = others.filter(({ member }) => member.connected).length;
  const label = `${self?.member.name ?? "This node"} is connected to ${up} of ${counted(others.length, "other node")}.`;
  return (
    <figure className="picture">
      <svg viewBox={`0 0 ${width} ${HEIGHT}`} role="img" aria-label={label}>
        {shown.map((node, at) => (
          <Link key={node.member.id} node={node} from={width / 2} to={place(at)} />
        ))}
        {shown.map(({ member }, at) => (
          <Dot key={member.id} at={place(at)} name={member.name} state={member.connected ? "up" : "down"} />
        ))}
        <Dot at={{ x: width / 2, y: HEIGHT / 2 }} name={self?.member.name ?? ""} state="self" />
      </svg>
      <figcaption className="soft">{label}</figcaption>
    </figure>
  );
}

interface Place {
  readonly x: number;
  readonly y: number;
}

function placeOf(at: number, { count, width }: { count: number; width: number }): Place {
  // One or two stand beside the middle, where no line crosses a name; more all around it.
  const angle = (2 * Math.PI * at) / count + (count <= 2 ? 0 : -Math.PI / 2);
  return { x: width / 2 + Math.cos(angle) * (width / 2 - 60), y: HEIGHT / 2 + Math.sin(angle) * 88 };
}

interface LinkProps {
  readonly node: NodeOfNetwork;
  readonly from: number;
  readonly to: Place;
}

function Link({ node: { member, peer }, from, to }: LinkProps): ReactNode {
  const rate = (peer?.sentPerSecond ?? 0) + (peer?.receivedPerSecond ?? 0);
  // 1 kB/s is just to be seen, and each ten times as much a step wider.
  const width = member.connected ? Math.min(8, 1.5 + Math.max(0, Math.log10(rate / 100))) : 1.5;
  return (
    <line
      className="link"
      data-state={member.connected ? (rate > 1000 ? "busy" : "up") : "down"}
      x1={from}
      y1={HEIGHT / 2}
      x2={to.x}
      y2={to.y}
      strokeWidth={width}
    />
  );
}

function Dot(props: {
  readonly at: Place;
  readonly name: string;
  readonly state: "self" | "up" | "down";
}): ReactNode {
  const { at, name, state } = props;
  const radius = state === "self" ? 24 : 17;
  return (
    <g className="node" data-state={state}>
      <circle cx={at.x} cy={at.y} r={radius} />
      <text className="node-letter" x={at.x} y={at.y + 5}>
        {name.slice(0, 1).toUpperCase()}
      </text>
      <text className="node-name" x={at.x} y={at.y + radius + 17}>
        {name.length > 18 ? `${name.slice(0, 17)}…` : name}
      </text>
    </g>
  );
}
