import { type Clock, GstoreError, PING_INTERVAL_MS, PING_TIMEOUT_MS } from "@gstore/core";
import type { TlsLink } from "./tls-link.ts";

/** Sends a ping on a link and resolves when it is answered. */
export type Ping = () => Promise<unknown>;

/**
 * How long (ms) before a peer is given up one looks a last time. If this process itself stood still (a busy event loop,
 * a sleeping laptop), timers come due before the sockets are read; the answer may lie there.
 */
const LAST_LOOK_MS = 500;

/**
 * Pings a link for as long as it is open and destroys it when the peer is dead: `PING_TIMEOUT_MS` after a ping nothing
 * has come back, neither its answer nor anything else (a slow link may have much to carry before the answer).
 */
export function monitorLink(
  link: TlsLink,
  options: { clock: Clock; ping: Ping; measured(roundTripMs: number): void },
): void {
  const { clock, ping, measured } = options;
  let cancel = (): void => {};
  link.onClose(() => cancel());
  const expectSign = (answered: () => boolean): void => {
    const received = link.bytesReceived;
    const isAlive = (): boolean => answered() || !link.isOpen || link.bytesReceived !== received;
    cancel = clock.after(PING_TIMEOUT_MS - LAST_LOOK_MS, () => {
      cancel = clock.after(LAST_LOOK_MS, () => {
        if (!isAlive()) link.destroy(silentError(link));
        else if (link.isOpen && !answered()) expectSign(answered);
      });
    });
  };
  const round = (): void => {
    if (!link.isOpen) return;
    let isAnswered = false;
    const sentAt = clock.monotonic();
    expectSign(() => isAnswered);
    ping().then(
      () => {
        isAnswered = true;
        measured(clock.monotonic() - sentAt);
        cancel();
        cancel = clock.after(PING_INTERVAL_MS, round);
      },
      // The multiplexer is closing; the link follows.
      () => {},
    );
  };
  round();
}

function silentError(link: TlsLink): GstoreError {
  return new GstoreError("CONNECTION_LOST", `${link.peer} does not answer any more.`, {
    peer: link.peer,
    retryable: true,
  });
}
