import jsQR from "jsqr";

/** Pixels of a module's side: what a camera might see. */
const SCALE = 4;
const CHANNELS = 4;

/** What a scanner reads from a QR code drawn in half blocks, light modules drawn; undefined where it finds none. */
export function readQr(lines: readonly string[]): string | undefined {
  const rows = lines.flatMap((line) => {
    const cells = [...line];
    return [cells.map((cell) => "█▀".includes(cell)), cells.map((cell) => "█▄".includes(cell))];
  });
  const side = Math.max(rows.length, rows[0]?.length ?? 0) * SCALE;
  const pixels = new Uint8ClampedArray(side * side * CHANNELS).fill(255);
  for (const [y, row] of rows.entries()) {
    for (const [x, isLight] of row.entries()) {
      if (!isLight) darken(pixels, { x, y, side });
    }
  }
  // The other way round some scanners read nothing either.
  return jsQR.default(pixels, side, side, { inversionAttempts: "dontInvert" })?.data;
}

function darken(pixels: Uint8ClampedArray, { x, y, side }: { x: number; y: number; side: number }): void {
  for (let row = y * SCALE; row < (y + 1) * SCALE; row++) {
    for (let column = x * SCALE; column < (x + 1) * SCALE; column++) {
      pixels.fill(0, (row * side + column) * CHANNELS, (row * side + column) * CHANNELS + 3);
    }
  }
}
