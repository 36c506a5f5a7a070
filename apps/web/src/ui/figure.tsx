import type { ReactNode } from "react";

/** One number of several, in a `dl`. */
export function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly more?: string;
}): ReactNode {
  return (
    <div className="figure">
      <dt className="soft">{props.name}</dt>
      <dd className="number">
        <strong>{props.value}</strong>{" "}
        {props.more !== undefined && <span className="soft">{props.more}</span>}
      </dd>
    </div>
  );
}
