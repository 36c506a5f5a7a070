/** The greatest of 1, 2 and 5 times a power of ten that is at most so many bytes; 0 for less than one. */
export function capacityStep(bytes: number): number {
  if (bytes < 1) return 0;
  let power = 1;
  while (power * 10 <= bytes) power *= 10;
  const factor = [5, 2, 1].find((one) => one * power <= bytes) as number;
  return factor * power;
}

/**
 * What to state of a disk with room for so many bytes, given what is stated; null where that still does. Records of the
 * membership log stay for ever: it is a step, and stated anew once the disk is a tenth outside of it.
 */
export function capacityToState(bytes: number, stated: number | null): number | null {
  const isStill = stated !== null && bytes >= 0.9 * stated && capacityStep(bytes / 1.1) <= stated;
  return isStill ? null : capacityStep(bytes);
}
