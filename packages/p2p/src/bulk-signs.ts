/** Values of a frame's length that are signs instead (docs/spec/bulk.md): the reserved end of the range. */
export const BULK_SIGNS = { end: 0xffff_ffff, begin: 0xffff_fffe, error: 0xffff_fffd } as const;
/** Where that end begins. Signs not listed above are violations. */
export const BULK_SIGNS_FROM = 0xffff_fff0;
