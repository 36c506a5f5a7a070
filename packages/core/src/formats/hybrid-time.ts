/**
 * A hybrid logical clock's time (Kulkarni et al., "Logical Physical Clocks", 2014): wall milliseconds since 1970 and a
 * counter that orders what falls into one of them. Orders versions for people; decides no authority.
 */
export interface HybridTime {
  readonly wallMs: number;
  readonly logical: number;
}

/** Negative where `left` is earlier, positive where it is later. */
export function compareTimes(left: HybridTime, right: HybridTime): number {
  return left.wallMs - right.wallMs || left.logical - right.logical;
}
