import { type TUnsafe, Type } from "typebox";
import { versionFields } from "./schemas.ts";
import type { RecentAnswer } from "./wire-types.ts";

const record = Type.Object({
  ...versionFields,
  lastFile: Type.Union([Type.Object(versionFields), Type.Null()]),
});

export const recentSchema: TUnsafe<RecentAnswer> = Type.Unsafe<RecentAnswer>(
  Type.Object({ items: Type.Array(record), next: Type.Union([Type.String(), Type.Null()]) }),
);
