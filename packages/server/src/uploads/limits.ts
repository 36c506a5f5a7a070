const MIB = 1024 * 1024;

/** Uploads in pieces that are under way on one node, and of one owner: each is a line of a file that is written anew for each piece. */
export const UPLOADS_MAX = 256;
export const UPLOADS_PER_OWNER_MAX = 64;
/** An upload of which nothing comes for so long (ms) is given up: a week. */
export const UPLOAD_IDLE_MS: number = 7 * 24 * 3600 * 1000;
/** So long (ms) it is told of one that is whole: whoever did not hear the answer asks again within it. */
export const FINISHED_UPLOAD_KEPT_MS: number = 3600 * 1000;
/** While a piece of an upload comes it is written down every so many bytes: at most these are lost by a crash. */
export const UPLOAD_CHECKPOINT_BYTES: number = 64 * MIB;
/** Bytes of a file that is uploaded in pieces. */
export const UPLOAD_BYTES_MAX: number = 1024 * 1024 * MIB;
