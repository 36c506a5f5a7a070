import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, FrameDecoder, frameHeader } from "../src/frame-codec.ts";

const CONTROL = 0xffff_fff0;
const frame = fc.uint8Array({ maxLength: 40 });
const item = fc.oneof(frame, fc.integer({ min: CONTROL, max: 0xffff_ffff }));

function collect(): { found: (string | number)[]; decoder: FrameDecoder } {
  const found: (string | number)[] = [];
  const decoder = new FrameDecoder(
    { bytesMax: 40, controlsFrom: CONTROL },
    {
      frame: (bytes) => found.push(Buffer.from(bytes).toString("hex")),
      control: (sign) => found.push(sign),
      tooLong: (length) => found.push(`too long ${length}`),
    },
  );
  return { found, decoder };
}

const bytesOf = (items: (Uint8Array | number)[]): Buffer =>
  Buffer.concat(items.map((one) => (typeof one === "number" ? frameHeader(one) : encodeFrame(one))));
const expected = (items: (Uint8Array | number)[]): (string | number)[] =>
  items.map((one) => (typeof one === "number" ? one : Buffer.from(one).toString("hex")));

test("frames and signs come out as they went in, however the stream is sliced and whichever way it is fed", () => {
  fc.assert(
    fc.property(
      fc.array(item),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.boolean())),
      (items, slices) => {
        const bytes = bytesOf(items);
        const { found, decoder } = collect();
        let offset = 0;
        for (let index = 0; offset < bytes.length; index++) {
          const [length, inPlace] = slices[index % Math.max(1, slices.length)] ?? [7, false];
          const slice = bytes.subarray(offset, offset + length);
          const space = decoder.space();
          if (inPlace && space) {
            const taken = Math.min(space.length, slice.length);
            space.set(slice.subarray(0, taken));
            decoder.filled(taken);
            offset += taken;
          } else {
            decoder.push(slice);
            offset += slice.length;
          }
        }
        expect(found).toEqual(expected(items));
      },
    ),
  );
});

test("a length above the limit is told once and nothing after it is read", () => {
  const { found, decoder } = collect();
  const rest = decoder.push(Buffer.concat([bytesOf([Uint8Array.of(1)]), frameHeader(41), Buffer.alloc(100)]));
  decoder.push(bytesOf([Uint8Array.of(2)]));
  expect(found).toEqual(["01", "too long 41"]);
  expect(rest).toHaveLength(100);
  expect(decoder.space()).toBeNull();
});

test("a frame has memory of its own", () => {
  const source = bytesOf([Uint8Array.of(1, 2, 3)]);
  let frameBytes = new Uint8Array();
  const decoder = new FrameDecoder(
    { bytesMax: 40 },
    { tooLong() {}, frame: (bytes) => (frameBytes = Uint8Array.from(bytes)) },
  );
  decoder.push(source);
  source.fill(0);
  expect([...frameBytes]).toEqual([1, 2, 3]);
});
