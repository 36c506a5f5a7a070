import type { Stream } from "@libp2p/interface";
import { multiaddrConnectionPair } from "@libp2p/utils";
import { yamux } from "@libp2p/yamux";
import { expect, test } from "vitest";
import { encodeFrame } from "../src/frame-codec.ts";
import { FrameStream } from "../src/frame-stream.ts";
import { STREAM_WINDOW_BYTES_MAX } from "../src/limits.ts";
import { until } from "./manual-clock.ts";

const FRAME_BYTES = 64 * 1024;
const FRAMES = 256;

/** Both ends of a stream of yamux as links have it. */
async function yamuxStream(): Promise<[Stream, Stream]> {
  const factory = yamux({
    enableKeepAlive: false,
    streamOptions: {
      maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX,
      maxReadBufferLength: 2 * STREAM_WINDOW_BYTES_MAX,
    },
  })();
  const [near, far] = multiaddrConnectionPair().map((connection) => factory.createStreamMuxer(connection));
  if (near === undefined || far === undefined) throw new Error("there are two ends");
  const opened = new Promise<Stream>((resolve) => {
    far.addEventListener("stream", ({ detail }) => resolve(detail as unknown as Stream));
  });
  const stream = (await near.createStream()) as unknown as Stream;
  stream.send(encodeFrame(new Uint8Array(1)));
  return [stream, await opened];
}

/** Resolves when nothing has come in for some turns: what may be sent has been. */
async function standstill(measure: () => number): Promise<void> {
  for (let last = Number.NaN, same = 0; same < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const now = measure();
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

test("a reader that stops again as soon as it goes on is sent no more than a window, and not cut off", async () => {
  const [sending, receiving] = await yamuxStream();
  let received = 0;
  let failure: unknown = null;
  const reader = new FrameStream(receiving, {
    bytesMax: FRAME_BYTES,
    events: {
      frame() {
        received++;
        reader.setPaused(true);
      },
      room() {},
      closed: (error) => {
        failure = error ?? new Error("closed");
      },
    },
  });
  const writer = new FrameStream(sending, {
    bytesMax: FRAME_BYTES,
    events: { frame() {}, room() {}, closed() {} },
  });
  await until(() => received === 1);
  for (let sent = 0; sent < FRAMES; sent++) writer.send([new Uint8Array(FRAME_BYTES)]);
  while (received < FRAMES + 1 && failure === null) {
    await standstill(() => receiving.readBufferLength + received);
    expect(receiving.readBufferLength).toBeLessThanOrEqual(STREAM_WINDOW_BYTES_MAX + FRAME_BYTES);
    reader.setPaused(false);
  }
  expect(failure).toBeNull();
  expect(received).toBe(FRAMES + 1);
});
