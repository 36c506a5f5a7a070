/** Tokens of the HTTP API as JSON (docs/spec/http.md, "Tokens"). */

export interface TokenRequestRecord {
  readonly role: string;
  /** Name of the one space that it holds in; without it all, or `main` where a prefix is given. */
  readonly space?: string;
  readonly prefix?: string;
  /** How long it holds, such as `7d`; without it, until it is revoked. */
  readonly lifetime?: string;
  readonly name?: string;
}

export interface TokenRecord {
  readonly id: string;
  readonly name: string | null;
  readonly role: string;
  /** Null for all. */
  readonly space: string | null;
  readonly prefix: string;
  readonly created: string;
  /** Null: never. */
  readonly expires: string | null;
}

export interface IssuedTokenRecord extends TokenRecord {
  /** No later answer has it. */
  readonly token: string;
}

/** A link by which anybody reads one key. */
export interface ShareRecord {
  readonly id: string;
  readonly space: string;
  readonly key: string;
  readonly created: string;
  /** Null: never. */
  readonly expires: string | null;
}

export interface IssuedShareRecord extends ShareRecord {
  /** No later answer has it. */
  readonly url: string;
}
