import { FrameDecoder } from "./frame-codec.ts";
import type { TlsLink } from "./tls-link.ts";

/** Reads one frame from a link and leaves what follows to its next reader. Rejects when the frame is too long or the link closes. */
export function readFrame(link: TlsLink, bytesMax: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let frame: Uint8Array | null = null;
    const decoder = new FrameDecoder(
      { bytesMax },
      {
        tooLong: (length) => {
          link.detach();
          reject(new RangeError(`a frame of ${length} bytes where at most ${bytesMax} are allowed`));
        },
        frame: (bytes) => {
          frame = bytes;
          decoder.stop();
        },
      },
    );
    link.attach({
      data(bytes) {
        const rest = decoder.push(bytes);
        if (frame === null) return;
        link.detach();
        link.unread(rest);
        resolve(frame);
      },
      closed: (error) => reject(error ?? new Error("the connection was closed")),
    });
  });
}
