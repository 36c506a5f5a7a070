/** What the node remembers of browsers that are signed in. Nothing of it is on disk: it ends with the process. */

/** Sessions at once; beyond it the oldest ends. A person has some browsers, each with one. */
export const SESSIONS_MAX = 64;
/** How long (ms) a session lasts, whatever is done in it. */
export const SESSION_MS: number = 7 * 24 * 60 * 60 * 1000;
/** Codes that wait to be traded in; beyond it the oldest is void. */
export const CODES_MAX = 16;
/** How long (ms) a code can be traded in: a browser that starts cold, or a URL that is carried over by hand. */
export const CODE_MS: number = 5 * 60 * 1000;
