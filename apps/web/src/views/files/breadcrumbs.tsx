import { ChevronRight } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { breadcrumbs, folderHref } from "../../lib/route.ts";

/** Where we are, and the way back up. The last one is the heading of the view. */
export function Breadcrumbs({
  space,
  prefix,
}: {
  readonly space: string;
  readonly prefix: string;
}): ReactNode {
  const crumbs = breadcrumbs(space, prefix);
  const [here] = crumbs.slice(-1);
  return (
    <div className="crumbs">
      {crumbs.length > 1 && (
        <nav aria-label="Folders above">
          {crumbs.slice(0, -1).map((crumb) => (
            <Fragment key={crumb.prefix}>
              <a className="ellipsis" href={folderHref(space, crumb.prefix)}>
                {crumb.name}
              </a>
              <ChevronRight aria-hidden />
            </Fragment>
          ))}
        </nav>
      )}
      <h1 className="ellipsis">{here?.name}</h1>
    </div>
  );
}
