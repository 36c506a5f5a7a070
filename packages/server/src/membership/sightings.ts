import { readFile, rename, writeFile } from "node:fs/promises";
import { type Clock, type ConnectedPeer, MEMBERS_MAX, type PeerId, parsePeerId } from "@gstore/core";

/** When a member was last connected to this node, and where. */
export interface Sighting {
  readonly lastSeenMs: number;
  /** Where it could be dialled; of one that has only ever dialled this node, where it came from. */
  readonly address: string | null;
}

interface KeptSighting extends Sighting {
  readonly isDialled: boolean;
}

/** While there is something to write, it is written this often (ms). */
const WRITE_INTERVAL_MS = 60_000;

export interface SightingsOptions {
  /** Null keeps them in memory only. */
  readonly path: string | null;
  readonly clock: Clock;
}

/**
 * When this node last had a connection to each member. For people, and decides nothing: so it is written once a minute and
 * not synced, and a damaged file begins anew.
 */
export class Sightings {
  readonly #options: SightingsOptions;
  readonly #sightings: Map<PeerId, KeptSighting>;
  readonly #connected = new Map<PeerId, ConnectedPeer>();
  #cancelWrite: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isMember: (peer: PeerId) => boolean = () => true;

  private constructor(options: SightingsOptions, sightings: Map<PeerId, KeptSighting>) {
    this.#options = options;
    this.#sightings = sightings;
  }

  static async open(options: SightingsOptions): Promise<Sightings> {
    const { path, clock } = options;
    return new Sightings(options, path === null ? new Map() : await readSightings(path, clock.now()));
  }

  /** Whose sightings are kept: only these are written, so that there are never more than members. */
  keepFor(isMember: (peer: PeerId) => boolean): void {
    this.#isMember = isMember;
  }

  connected(peer: ConnectedPeer): void {
    this.#connected.set(peer.peer, peer);
    this.#note(peer);
    this.#writeLater();
  }

  disconnected(peer: PeerId): void {
    const last = this.#connected.get(peer);
    if (last === undefined) return;
    this.#connected.delete(peer);
    this.#note(last);
    this.#writeLater();
  }

  /** Now for a member that is connected; undefined for one that this node has never met. */
  of(peer: PeerId): Sighting | undefined {
    const connected = this.#connected.get(peer);
    if (connected !== undefined) this.#note(connected);
    const known = this.#sightings.get(peer);
    return known && { lastSeenMs: known.lastSeenMs, address: known.address };
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = null;
    await this.#write();
  }

  #note({ peer, address, direction }: ConnectedPeer): void {
    const known = this.#sightings.get(peer);
    const isDialled = direction === "outbound";
    // Where it came from is a port of the moment: it does not replace an address that answers.
    const place = known?.isDialled && !isDialled ? known : { address, isDialled };
    const lastSeenMs = this.#options.clock.now();
    this.#sightings.set(peer, { address: place.address, isDialled: place.isDialled, lastSeenMs });
  }

  #writeLater(): void {
    this.#cancelWrite ??= this.#options.clock.after(WRITE_INTERVAL_MS, () => {
      this.#cancelWrite = null;
      void this.#write();
      // Who is connected is seen all the time.
      if (this.#connected.size > 0) this.#writeLater();
    });
  }

  #write(): Promise<void> {
    for (const peer of this.#connected.values()) this.#note(peer);
    for (const peer of this.#sightings.keys()) if (!this.#isMember(peer)) this.#sightings.delete(peer);
    const { path } = this.#options;
    if (path === null) return Promise.resolve();
    const seen = [...this.#sightings].map(([peer, sighting]) => ({ peer, ...sighting }));
    const text = `${JSON.stringify({ version: 1, seen }, null, 2)}\n`;
    // A full disk costs a time that decides nothing.
    this.#writing = this.#writing.then(() => writeUnsynced(path, text)).catch(() => {});
    return this.#writing;
  }
}

async function writeUnsynced(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}

async function readSightings(path: string, nowMs: number): Promise<Map<PeerId, KeptSighting>> {
  try {
    const { version, seen } = JSON.parse(await readFile(path, "utf8")) as { version: unknown; seen: unknown };
    if (version !== 1 || !Array.isArray(seen)) return new Map();
    return new Map(seen.slice(0, MEMBERS_MAX).map((one) => sightingOf(one, nowMs)));
  } catch {
    return new Map();
  }
}

function sightingOf(value: Record<string, unknown>, nowMs: number): [PeerId, KeptSighting] {
  const { peer, lastSeenMs, address, isDialled } = value;
  const isAddress = address === null || typeof address === "string";
  if (!isAddress || typeof lastSeenMs !== "number" || typeof isDialled !== "boolean")
    throw new TypeError("no sighting");
  // A clock that was set back meanwhile must not show a time to come.
  return [parsePeerId(String(peer)), { lastSeenMs: Math.min(lastSeenMs, nowMs), address, isDialled }];
}
