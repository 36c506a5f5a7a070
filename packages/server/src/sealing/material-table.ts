/** Bytes of a chunk's material: a BLAKE3 hash. */
const MATERIAL_BYTES = 32;

/**
 * Materials in ascending order, one behind the other, in memory that threads share. `materials` are sorted by
 * {@link compareMaterials} already; their places in it are what {@link findMaterial} gives.
 */
export function materialTable(materials: readonly Uint8Array[]): SharedArrayBuffer {
  const table = new SharedArrayBuffer(materials.length * MATERIAL_BYTES);
  const bytes = new Uint8Array(table);
  for (const [place, material] of materials.entries()) bytes.set(material, place * MATERIAL_BYTES);
  return table;
}

export function compareMaterials(first: Uint8Array, second: Uint8Array): number {
  for (let at = 0; at < MATERIAL_BYTES; at++) {
    const difference = (first[at] as number) - (second[at] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The place of a material in a table, or -1. */
export function findMaterial(table: SharedArrayBuffer, material: Uint8Array): number {
  const bytes = new Uint8Array(table);
  let low = 0;
  let high = bytes.length / MATERIAL_BYTES;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareMaterials(
      bytes.subarray(middle * MATERIAL_BYTES, (middle + 1) * MATERIAL_BYTES),
      material,
    );
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return -1;
}
