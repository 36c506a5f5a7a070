import { expect, test } from "vitest";
import type { components } from "../src/client.ts";
import type { DrainEvent, PlanEvent, SafeEvent, WhereisAnswer } from "../src/copies-wire-types.ts";
import type { GcEvent } from "../src/gc-wire-types.ts";
import type { DropEvent, PinEvent } from "../src/pins-wire-types.ts";
import type { ExplainAnswer, PolicyEvent } from "../src/policy-wire-types.ts";
import type { PurgeRecord } from "../src/purge-wire-types.ts";
import type { StatusAnswer } from "../src/status-wire-types.ts";
import type { FolderUsageEvent, UsageEvent } from "../src/usage-wire-types.ts";
import type {
  ChangeRecord,
  ConflictsAnswer,
  ErrorRecord,
  IdAnswer,
  LeaveEvent,
  MemberRecord,
  RemoveAnswer,
  StoreAnswer,
  UploadRecord,
  VerifyEvent,
  VersionsAnswer,
} from "../src/wire-types.ts";

type Frozen<T> = T extends (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;
type Named = components["schemas"];
/** True where what the document says and what the node's code says is the same. */
type Same<Name extends keyof Named, Kept> = [Frozen<Named[Name]>] extends [Kept]
  ? [Kept] extends [Frozen<Named[Name]>]
    ? true
    : "the document says less"
  : "the document says otherwise";

interface Kept {
  Error: ErrorRecord;
  Identity: IdAnswer;
  Stored: StoreAnswer;
  Removed: RemoveAnswer;
  Upload: UploadRecord;
  Purged: PurgeRecord;
  Versions: VersionsAnswer;
  Conflicts: ConflictsAnswer;
  Copies: WhereisAnswer;
  Placement: ExplainAnswer;
  Member: MemberRecord;
  Status: StatusAnswer;
  Change: ChangeRecord;
  GcLine: GcEvent;
  VerifyLine: VerifyEvent;
  SafeLine: SafeEvent;
  PlanLine: PlanEvent;
  DrainLine: DrainEvent;
  LeaveLine: LeaveEvent;
  PinLine: PinEvent;
  DropLine: DropEvent;
  PolicyLine: PolicyEvent;
  UsageLine: UsageEvent;
  FolderUsageLine: FolderUsageEvent;
}

// The compiler does the comparing; what differs does not compile.
test("what the document says of answers is what the code says", () => {
  const same: { readonly [Name in keyof Kept]: Same<Name, Kept[Name]> } = {
    Error: true,
    Identity: true,
    Stored: true,
    Removed: true,
    Upload: true,
    Purged: true,
    Versions: true,
    Conflicts: true,
    Copies: true,
    Placement: true,
    Member: true,
    Status: true,
    Change: true,
    GcLine: true,
    VerifyLine: true,
    SafeLine: true,
    PlanLine: true,
    DrainLine: true,
    LeaveLine: true,
    PinLine: true,
    DropLine: true,
    PolicyLine: true,
    UsageLine: true,
    FolderUsageLine: true,
  };
  expect(Object.values(same)).not.toContain(false);
});
