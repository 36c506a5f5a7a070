import { type Clock, GstoreError, isGstoreError, type Random } from "@gstore/core";
import type { SyncedFile } from "@gstore/server";
import { idOfToken, isTokenOf, kindOf, makeToken, type Token, type TokenKind } from "./token.ts";
import { decodeTokens, encodeTokens, type KeptToken, SHARES_MAX, TOKENS_MAX } from "./token-file.ts";

const LISTED_BY: Readonly<Record<TokenKind, string>> = { token: "gstore token ls", share: "gstore shares" };

export type TokenRequest = Pick<Token, "name" | "role" | "space" | "prefix" | "key" | "expiresMs">;

interface TokenStoreOptions {
  readonly file: SyncedFile;
  readonly clock: Clock;
  readonly random: Random;
}

/** The tokens and share links of a node's HTTP API, in a file that is synced before a change of it counts. */
export class TokenStore {
  readonly #options: TokenStoreOptions;
  #tokens: ReadonlyMap<string, KeptToken>;
  /** Why nothing can be told from the file: no token is accepted then, and none is made. */
  readonly #damage: GstoreError | null;
  #writing: Promise<unknown> = Promise.resolve();
  readonly #onEnd = new Set<(id: string) => void>();

  private constructor(
    options: TokenStoreOptions,
    { tokens, damage }: { tokens: readonly KeptToken[]; damage: GstoreError | null },
  ) {
    this.#options = options;
    this.#tokens = byId(tokens);
    this.#damage = damage;
  }

  /** A damaged file is no reason for a node not to run: every call but `onEnd` then throws what is wrong with it. */
  static async open(options: TokenStoreOptions): Promise<TokenStore> {
    const bytes = await options.file.read();
    try {
      const tokens = bytes === null ? [] : decodeTokens(bytes, options.file.path);
      return new TokenStore(options, { tokens, damage: null });
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      return new TokenStore(options, { tokens: [], damage: error });
    }
  }

  /** Those that have not expired. */
  list(kind: TokenKind): Token[] {
    this.#refuseDamaged();
    return this.#valid([...this.#tokens.values()])
      .filter((token) => kindOf(token) === kind)
      .map(({ hash: _hash, ...token }) => token);
  }

  /** Makes one; resolves with its text, which is kept nowhere, once it is synced. Rejects with `TOO_LARGE` where there are too many. */
  async create(request: TokenRequest): Promise<{ readonly token: Token; readonly text: string }> {
    const { clock, random } = this.#options;
    const kind: TokenKind = request.key === null ? "token" : "share";
    const { id, text, hash } = makeToken(kind, random);
    const token: Token = { id, ...request, createdMs: clock.now() };
    await this.#change((all) => {
      const limit = kind === "token" ? TOKENS_MAX : SHARES_MAX;
      if (all.filter((other) => kindOf(other) === kind).length < limit) return [...all, { ...token, hash }];
      const message = `This node has ${limit} of them, which is the most. Revoke some: ${LISTED_BY[kind]}`;
      throw new GstoreError("TOO_LARGE", message, { limit });
    });
    return { token, text };
  }

  /** Once it resolves the token is refused, also after a crash. Rejects with `INVALID_ARGUMENT` where there is none. */
  async revoke(id: string, kind: TokenKind): Promise<Token> {
    if (!this.list(kind).some((token) => token.id === id)) throw unknown(id, kind);
    let revoked: Token | undefined;
    await this.#change((all) => {
      revoked = all.find((token) => token.id === id);
      return all.filter((token) => token.id !== id);
    });
    if (revoked === undefined) throw unknown(id, kind);
    for (const tell of this.#onEnd) tell(id);
    return revoked;
  }

  /** What the text is a token of; undefined for one that was never made, was revoked or has expired. */
  find(text: string, kind: TokenKind): Token | undefined {
    this.#refuseDamaged();
    const kept = this.#tokens.get(idOfToken(text, kind) ?? "");
    if (kept === undefined || kindOf(kept) !== kind || !isTokenOf(text, kept.hash)) return undefined;
    const { hash: _hash, ...token } = kept;
    return this.#valid([kept]).length === 0 ? undefined : token;
  }

  /** Calls back with the id of each token that is revoked. */
  onEnd(tell: (id: string) => void): void {
    this.#onEnd.add(tell);
  }

  #valid<T extends Token>(tokens: readonly T[]): T[] {
    const now = this.#options.clock.now();
    return tokens.filter(({ expiresMs }) => expiresMs === null || now < expiresMs);
  }

  #refuseDamaged(): void {
    if (this.#damage !== null) throw this.#damage;
  }

  /** One change after the other, each synced before it counts. */
  #change(change: (tokens: KeptToken[]) => KeptToken[]): Promise<void> {
    this.#refuseDamaged();
    const done = this.#writing.then(async () => {
      const next = change(this.#valid([...this.#tokens.values()]));
      await this.#options.file.replace(encodeTokens(next));
      this.#tokens = byId(next);
    });
    this.#writing = done.catch(() => {});
    return done;
  }
}

function byId(tokens: readonly KeptToken[]): Map<string, KeptToken> {
  return new Map(tokens.map((token) => [token.id, token]));
}

function unknown(id: string, kind: TokenKind): GstoreError {
  const what = kind === "token" ? "token" : "share link";
  const shown = JSON.stringify(id.slice(0, 40));
  return new GstoreError(
    "INVALID_ARGUMENT",
    `There is no ${what} ${shown} on this node. See: ${LISTED_BY[kind]}`,
  );
}
