/** A browser that is signed in to the node's page. */
export interface SessionRecord {
  readonly id: string;
  readonly role: string;
  readonly expires: string;
}

/** By which one browser signs in. The code is a secret: it works once, until then. */
export interface SessionCodeRecord {
  readonly code: string;
  readonly role: string;
  readonly expires: string;
  /** The page, with the code. */
  readonly url: string;
}
