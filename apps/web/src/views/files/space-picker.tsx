import { Menu } from "@base-ui/react/menu";
import type { SpaceRecord } from "@gstore/gateway/client";
import { Check, ChevronsUpDown, Layers } from "lucide-react";
import type { ReactNode } from "react";
import { counted } from "../../lib/format.ts";
import { folderHref } from "../../lib/route.ts";

interface SpacePickerProps {
  readonly space: string;
  readonly spaces: readonly SpaceRecord[];
}

export function SpacePicker({ space, spaces }: SpacePickerProps): ReactNode {
  return (
    <Menu.Root>
      <Menu.Trigger className="button" aria-label={`Space: ${space}`}>
        <Layers aria-hidden />
        {space}
        <ChevronsUpDown aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="above" sideOffset={4} align="start">
          <Menu.Popup className="menu">
            {spaces.map(({ id, name, keys }) => (
              <Menu.Item key={id} className="menu-item" render={<a href={folderHref(name, "")}>{name}</a>}>
                {name === space ? <Check aria-hidden /> : <span className="menu-gap" />}
                <span className="menu-text">{name}</span>
                <span className="soft number">{counted(keys, "file")}</span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
