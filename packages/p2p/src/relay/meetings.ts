import { type Clock, GstoreError, type PeerId } from "@gstore/core";
import { encodeFrame } from "../frame-codec.ts";
import { MEETING_TIMEOUT_MS, MEETINGS_MAX, MEETINGS_PER_PEER_MAX } from "../limits.ts";
import { countDown } from "../link-gate.ts";
import type { PeerNetworkLogger } from "../logger.ts";
import type { TlsLink } from "../tls-link.ts";
import { encodeMeeting } from "./relay-messages.ts";

export interface MeetingsLimits {
  readonly meetings: number;
  readonly meetingsPerPeer: number;
  readonly meetingTimeMs: number;
}

const DEFAULTS: MeetingsLimits = {
  meetings: MEETINGS_MAX,
  meetingsPerPeer: MEETINGS_PER_PEER_MAX,
  meetingTimeMs: MEETING_TIMEOUT_MS,
};

export interface MeetingsOptions {
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
  readonly limits?: Partial<MeetingsLimits> | undefined;
  /** Whether this node relays now. */
  isWilling(): boolean;
  /** Whether a member has a connection that lies on no relay. */
  isDirect(peer: PeerId): boolean;
}

/**
 * Where two members that are behind routers meet: each has dialled from a port of its own and says whom it wants, and once
 * both are there each is told where the other is seen. Nobody is told of one that has not asked for it by name, and what is
 * told is what TCP says, not what they say.
 */
export class Meetings {
  readonly #options: MeetingsOptions;
  readonly #limits: MeetingsLimits;
  readonly #waiting = new Map<string, TlsLink>();
  readonly #perPeer = new Map<PeerId, number>();
  #count = 0;
  #refused = 0;

  constructor(options: MeetingsOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
  }

  get refused(): number {
    return this.#refused;
  }

  /** Takes a link whose dialler wants to meet somebody. It is closed where that may not be, and when the time is up. */
  join(link: TlsLink, other: PeerId): void {
    const { clock, logger } = this.#options;
    const { peer } = link;
    try {
      this.#check(peer, other);
    } catch (error) {
      this.#refused++;
      logger.debug({ peer, error }, "two members don't meet here");
      link.destroy();
      return;
    }
    this.#count++;
    this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1);
    const key = `${peer} ${other}`;
    const cancel = clock.after(this.#limits.meetingTimeMs, () => link.destroy());
    link.onClose(() => {
      cancel();
      this.#count--;
      countDown(this.#perPeer, peer);
      if (this.#waiting.get(key) === link) this.#waiting.delete(key);
    });
    // There is nothing to say.
    link.attach({ data: () => link.destroy(), closed() {} });
    this.#waiting.get(key)?.destroy();
    const there = this.#waiting.get(`${other} ${peer}`);
    if (there === undefined || !there.isOpen) {
      this.#waiting.set(key, link);
      return;
    }
    this.#waiting.delete(`${other} ${peer}`);
    tell(link, there);
    tell(there, link);
  }

  #check(peer: PeerId, other: PeerId): void {
    const { isWilling, isDirect } = this.#options;
    if (!isWilling()) throw new GstoreError("REQUEST_REFUSED", "This node does not relay.");
    if (peer === other || !isDirect(peer) || !isDirect(other))
      throw new GstoreError("PEER_UNREACHABLE", "Both have to be connected to this node directly.");
    const isFull =
      this.#count >= this.#limits.meetings || (this.#perPeer.get(peer) ?? 0) >= this.#limits.meetingsPerPeer;
    if (isFull) throw new GstoreError("TOO_BUSY", "Enough members meet here.", { retryable: true });
  }
}

function tell(link: TlsLink, other: TlsLink): void {
  const { remoteAddress, remotePort } = other.socket;
  if (remoteAddress === undefined || remotePort === undefined) return;
  const host = remoteAddress.replace(/^::ffff:/i, "").replace(/%.*$/, "");
  link.write(encodeFrame(encodeMeeting({ host, port: remotePort })));
}
