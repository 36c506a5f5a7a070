import { GstoreError, type PeerId } from "@gstore/core";
import type {
  ByteRange,
  FileInfo,
  GetResult,
  GstoreNode,
  InviteOptions,
  InviteStatus,
  IssuedInvite,
  LeaveOptions,
  LeaveReport,
  ListOptions,
  ListPage,
  MemberStatus,
  NodeEvents,
  PutResult,
  Source,
  SpaceStatus,
  StoreOptions,
  StoreResult,
} from "./api.ts";
import type { CollectionReport, CollectOptions } from "./collection-api.ts";
import type { DrainOptions, PlanOptions, SafeOptions, WhereisOptions } from "./copies-api.ts";
import type { BootstrapOperations } from "./discovery/discovery-api.ts";
import type { FileOptions, RestoreOptions, VersionsOptions } from "./history-api.ts";
import { listKeys } from "./listing.ts";
import type { NodeEventHub } from "./node-events.ts";
import type { NodeParts } from "./node-parts.ts";
import { drain } from "./operations/drain.ts";
import { explainPlacement, setAttributes } from "./operations/explain.ts";
import { folderUsage } from "./operations/folder-usage.ts";
import { getFile, statFile } from "./operations/get-file.ts";
import { leaveNetwork } from "./operations/leave.ts";
import { listConflicts } from "./operations/list-conflicts.ts";
import { listRecent } from "./operations/list-recent.ts";
import { listVersions } from "./operations/list-versions.ts";
import {
  invite,
  inviteStatuses,
  memberStatuses,
  removeMember,
  setRole,
  spaceStatuses,
} from "./operations/members.ts";
import { bootstrapOf, connectTo, peerStatuses, pingMember } from "./operations/peers.ts";
import { drop, pin, pinStatuses } from "./operations/pin.ts";
import { plan } from "./operations/plan.ts";
import { policyStatuses, removePolicy, setPolicy } from "./operations/policies.ts";
import { purgeKey } from "./operations/purge-key.ts";
import { removeFile } from "./operations/remove-file.ts";
import { nodeStatus, setLimits } from "./operations/report.ts";
import { resolveConflict, restoreVersion } from "./operations/restore-version.ts";
import { safe } from "./operations/safe.ts";
import { spaceOf } from "./operations/space-of.ts";
import { storeFile } from "./operations/store-file.ts";
import { uploadsOf } from "./operations/uploads.ts";
import { usage } from "./operations/usage.ts";
import { verifyStore } from "./operations/verify-store.ts";
import { whereis } from "./operations/whereis.ts";
import type { PinOptions } from "./pins/pins-api.ts";
import type { PolicyOptions, PolicyReport, PolicySettings, PolicyStatus } from "./policy-api.ts";
import type { NodeStatus } from "./status-api.ts";
import type { UploadOperations } from "./uploads/uploads-api.ts";
import type { FolderUsageOptions, UsageOptions } from "./usage-api.ts";

export interface NodeLifecycle {
  readonly id: PeerId;
  readonly name: string;
  readonly events: NodeEventHub;
  /** Opens the store and the network. */
  readonly open: () => Promise<NodeParts>;
  /** Closes what `open` opened. */
  readonly close: (parts: NodeParts) => Promise<void>;
}

/** A node: its life, and a door to each operation. */
export class Node implements GstoreNode {
  readonly id: PeerId;
  readonly name: string;
  readonly bootstrap: BootstrapOperations = bootstrapOf(() => this.#running());
  readonly uploads: UploadOperations = uploadsOf(() => this.#running());
  readonly #lifecycle: NodeLifecycle;
  #parts: NodeParts | null = null;
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;

  constructor(lifecycle: NodeLifecycle) {
    this.#lifecycle = lifecycle;
    this.id = lifecycle.id;
    this.name = lifecycle.name;
  }

  async start(): Promise<void> {
    if (this.#stopping !== null)
      throw new GstoreError("NOT_RUNNING", "This node was stopped. Make a new one.");
    if (this.#starting !== null) throw new GstoreError("ALREADY_RUNNING", "This node was started already.");
    this.#starting = this.#lifecycle.open().then((parts) => {
      this.#parts = parts;
    });
    try {
      await this.#starting;
    } catch (error) {
      this.#starting = null;
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    await this.#stopping;
  }

  async store(key: string, source: Source, options: StoreOptions = {}): Promise<PutResult> {
    return await storeFile(this.#running(), key, source, options);
  }

  async get(key: string, options: FileOptions & { range?: ByteRange } = {}): Promise<GetResult> {
    return await getFile(this.#running(), key, options);
  }

  async stat(key: string, options: FileOptions = {}): Promise<FileInfo> {
    return await statFile(this.#running(), key, options);
  }

  async versions(key: string, options: VersionsOptions = {}): ReturnType<GstoreNode["versions"]> {
    return await listVersions(this.#running(), key, options);
  }

  async restore(key: string, version: string, options: RestoreOptions = {}): Promise<StoreResult> {
    return await restoreVersion(this.#running(), key, version, options);
  }

  readonly conflicts: GstoreNode["conflicts"] = async (prefix, options = {}) =>
    await listConflicts(this.#running(), prefix, options);
  readonly recent: GstoreNode["recent"] = async (prefix, options = {}) =>
    await listRecent(this.#running(), prefix, options);
  readonly resolve: GstoreNode["resolve"] = async (key, version, options = {}) =>
    await resolveConflict(this.#running(), key, version, options);

  async whereis(key: string, options: WhereisOptions = {}): ReturnType<GstoreNode["whereis"]> {
    return await whereis(this.#running(), key, options);
  }

  async safe(options: SafeOptions = {}): ReturnType<GstoreNode["safe"]> {
    return await safe(this.#running(), options);
  }

  async plan(options: PlanOptions): ReturnType<GstoreNode["plan"]> {
    return await plan(this.#running(), options);
  }

  async drain(options: DrainOptions = {}): ReturnType<GstoreNode["drain"]> {
    return await drain(this.#running(), options);
  }

  async pin(prefix: string, options: PinOptions = {}): ReturnType<GstoreNode["pin"]> {
    return await pin(this.#running(), prefix, options);
  }

  pins(): ReturnType<GstoreNode["pins"]> {
    return pinStatuses(this.#running());
  }

  async drop(prefix: string, options: PinOptions = {}): ReturnType<GstoreNode["drop"]> {
    return await drop(this.#running(), prefix, options);
  }

  async usage(options: UsageOptions = {}): ReturnType<GstoreNode["usage"]> {
    return await usage(this.#running(), options);
  }

  async du(prefix: string, options: FolderUsageOptions = {}): ReturnType<GstoreNode["du"]> {
    return await folderUsage(this.#running(), prefix, options);
  }

  async list(prefix: string, options: ListOptions = {}): Promise<ListPage> {
    const parts = this.#running();
    return listKeys(parts.names, spaceOf(parts, options.space).id, prefix, options);
  }

  async remove(...[key, options = {}]: Parameters<GstoreNode["remove"]>): ReturnType<GstoreNode["remove"]> {
    return await removeFile(this.#running(), key, options);
  }

  async purge(...purge: Parameters<GstoreNode["purge"]>): ReturnType<GstoreNode["purge"]> {
    return await purgeKey(this.#running(), ...purge);
  }

  members(): MemberStatus[] {
    return memberStatuses(this.#running());
  }

  async invite(options: InviteOptions = {}): Promise<IssuedInvite> {
    return await invite(this.#running(), options);
  }

  invites(): InviteStatus[] {
    return inviteStatuses(this.#running());
  }

  async withdrawInvite(id: string): Promise<void> {
    await this.#running().invites.withdraw(id);
  }

  async removeMember(idOrName: string): ReturnType<GstoreNode["removeMember"]> {
    return await removeMember(this.#running(), idOrName);
  }

  async setRole(idOrName: string, role: string): Promise<void> {
    await setRole(this.#running(), idOrName, role);
  }

  async leave(options: LeaveOptions = {}): Promise<LeaveReport> {
    return await leaveNetwork(this.#running(), options);
  }

  policies(options: { space?: string } = {}): PolicyStatus[] {
    return policyStatuses(this.#running(), options);
  }

  async setPolicy(
    prefix: string,
    settings: PolicySettings,
    options: PolicyOptions = {},
  ): Promise<PolicyReport> {
    return await setPolicy(this.#running(), prefix, settings, options);
  }

  async removePolicy(prefix: string, options: PolicyOptions = {}): Promise<PolicyReport> {
    return await removePolicy(this.#running(), prefix, options);
  }

  async explain(key: string, options: { space?: string } = {}): ReturnType<GstoreNode["explain"]> {
    return await explainPlacement(this.#running(), key, options);
  }

  async setAttributes(...said: Parameters<GstoreNode["setAttributes"]>): Promise<void> {
    await setAttributes(this.#running(), ...said);
  }

  spaces(): SpaceStatus[] {
    return spaceStatuses(this.#running());
  }

  async createSpace(name: string): Promise<void> {
    await this.#running().administration.createSpace(name);
  }

  async status(): Promise<NodeStatus> {
    return await nodeStatus(this.#running());
  }

  peers(): ReturnType<GstoreNode["peers"]> {
    return peerStatuses(this.#running());
  }

  addresses(): string[] {
    return this.#running().network.addresses();
  }

  async connect(...asked: Parameters<GstoreNode["connect"]>): ReturnType<GstoreNode["connect"]> {
    return await connectTo(this.#running(), asked[0], asked[1] ?? {});
  }

  async ping(...asked: Parameters<GstoreNode["ping"]>): ReturnType<GstoreNode["ping"]> {
    return await pingMember(this.#running(), asked[0], asked[1] ?? {});
  }

  async collectGarbage(options: CollectOptions = {}): Promise<CollectionReport> {
    return await this.#running().collection.collector.collect(options);
  }

  limits(): ReturnType<GstoreNode["limits"]> {
    return this.#running().network.bulkLimits();
  }

  setLimits(limits: Parameters<GstoreNode["setLimits"]>[0]): ReturnType<GstoreNode["setLimits"]> {
    return setLimits(this.#running(), limits);
  }

  async verify(options: Parameters<GstoreNode["verify"]>[0] = {}): ReturnType<GstoreNode["verify"]> {
    return await verifyStore(this.#running(), options);
  }

  on<E extends keyof NodeEvents>(event: E, listener: (value: NodeEvents[E]) => void): () => void {
    return this.#lifecycle.events.on(event, listener);
  }

  async #stop(): Promise<void> {
    await this.#starting?.catch(() => {});
    const parts = this.#parts;
    this.#parts = null;
    if (parts !== null) await this.#lifecycle.close(parts);
  }

  #running(): NodeParts {
    if (this.#parts !== null) return this.#parts;
    throw new GstoreError("NOT_RUNNING", "This node is not running. Call start() first.");
  }
}
