import type { Stream } from "@libp2p/interface";

/** Breaks a stream off once more bytes have come on it than there may be: kad-dht's own bound is 4 MiB. To be called before it reads. */
export function limitStream(stream: Stream, bytesMax: number, exceeded: () => void): void {
  let bytes = 0;
  stream.addEventListener("message", ({ data }) => {
    bytes += data.byteLength;
    if (bytes <= bytesMax || stream.status === "aborted") return;
    exceeded();
    stream.abort(new Error("too much was sent"));
  });
}
