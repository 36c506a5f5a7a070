import type { BulkChannel, PeerHandlers } from "@gstore/core";
import { type BulkFrame, decodeBulkFrame, encodeBulkFrame } from "@gstore/p2p";

/** What a lying node sends in place of a frame: other frames, raw bytes, or nothing. */
export type Lie = (frame: BulkFrame) => readonly (BulkFrame | Uint8Array)[];

/** A node whose own code is honest, and whose answers on bulk transfers are not while `lie` is set. */
export class Liar {
  lie: Lie | null = null;
  /** Called before a transfer is served; what it throws is what the peer gets. */
  refuse: (() => void) | null = null;

  readonly wrap = (handlers: PeerHandlers): PeerHandlers => ({
    ...handlers,
    request: (...asked) => handlers.request(...asked),
    connected: (peer) => handlers.connected(peer),
    disconnected: (peer) => handlers.disconnected(peer),
    admit: (...shown) => handlers.admit(...shown),
    bulk: async (from, channel) => {
      this.refuse?.();
      await handlers.bulk(from, this.#lyingOn(channel));
    },
  });

  #lyingOn(channel: BulkChannel): BulkChannel {
    return {
      peer: channel.peer,
      receive: () => channel.receive(),
      recycle: (bytes) => channel.recycle(bytes),
      end: () => channel.end(),
      abort: (reason) => channel.abort(reason),
      send: async (...parts) => {
        if (this.lie === null) return await channel.send(...parts);
        for (const said of this.lie(decodeBulkFrame(Buffer.concat(parts)))) {
          await channel.send(...(said instanceof Uint8Array ? [said] : encodeBulkFrame(said)));
        }
      },
    };
  }
}
