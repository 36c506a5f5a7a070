import { createHash, timingSafeEqual } from "node:crypto";
import { type Clock, GstoreError, type Random } from "@gstore/core";
import type { Token, TokenRole } from "../tokens/token.ts";
import { CODE_MS, CODES_MAX, SESSION_MS, SESSIONS_MAX } from "./session-limits.ts";

/** What a browser that has signed in gets: the cookie comes back by itself, the key only from the page. */
export interface OpenedSession {
  readonly session: Token;
  readonly cookie: string;
  /** To be sent in a header with whatever changes something. No later answer has it. */
  readonly key: string;
}

interface KeptSession {
  readonly session: Token;
  readonly cookieHash: Buffer;
  readonly keyHash: Buffer;
}

interface KeptCode {
  readonly role: TokenRole;
  readonly hash: Buffer;
  readonly expiresMs: number;
}

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const FORM = /^([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** The browsers that are signed in to the page, and the codes by which one signs in. In memory only, by hashes. */
export class SessionStore {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #codes = new Map<string, KeptCode>();
  readonly #sessions = new Map<string, KeptSession>();
  readonly #onEnd = new Set<(id: string) => void>();

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** A code that opens one session of that role, within `CODE_MS`. */
  makeCode(role: TokenRole): { readonly code: string; readonly expiresMs: number } {
    const { id, text, hash } = this.#secret();
    const expiresMs = this.#clock.now() + CODE_MS;
    makeRoom(this.#codes, CODES_MAX);
    this.#codes.set(id, { role, hash, expiresMs });
    return { code: text, expiresMs };
  }

  /** Trades a code for a session. Throws `TOKEN_INVALID` for one that was traded already, has expired or never was. */
  open(code: string): OpenedSession {
    const id = FORM.exec(code)?.[1] ?? "";
    const kept = this.#codes.get(id);
    if (kept === undefined || !isHashOf(code, kept.hash) || this.#clock.now() >= kept.expiresMs) {
      const message = "This sign-in link was used already or is too old. Make a new one: gstore ui";
      throw new GstoreError("TOKEN_INVALID", message);
    }
    this.#codes.delete(id);
    const [cookie, key] = [this.#secret(), this.#secret()];
    const createdMs = this.#clock.now();
    const session: Token = {
      ...{ id: cookie.id, name: null, role: kept.role, space: null, prefix: "", key: null },
      ...{ createdMs, expiresMs: createdMs + SESSION_MS },
    };
    for (const ended of makeRoom(this.#sessions, SESSIONS_MAX)) this.#tellEnd(ended);
    this.#sessions.set(session.id, { session, cookieHash: cookie.hash, keyHash: key.hash });
    return { session, cookie: cookie.text, key: key.text };
  }

  /** The session of a cookie; undefined for one that has ended or never was. */
  find(cookie: string): Token | undefined {
    const kept = this.#sessions.get(FORM.exec(cookie)?.[1] ?? "");
    if (kept === undefined || !isHashOf(cookie, kept.cookieHash)) return undefined;
    const { session } = kept;
    if (session.expiresMs !== null && this.#clock.now() < session.expiresMs) return session;
    this.end(session.id);
    return undefined;
  }

  /** Whether there is a session of that id. */
  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** Whether the key is that of the session. */
  isKeyOf({ id }: Token, key: string): boolean {
    const kept = this.#sessions.get(id);
    return kept !== undefined && isHashOf(key, kept.keyHash);
  }

  /** Signs out: what runs in the session is cut off. False for a token that is no session. */
  end(id: string): boolean {
    const isThere = this.#sessions.delete(id);
    if (isThere) this.#tellEnd(id);
    return isThere;
  }

  /** Calls back with the id of each session that ends. */
  onEnd(tell: (id: string) => void): void {
    this.#onEnd.add(tell);
  }

  #tellEnd(id: string): void {
    for (const tell of this.#onEnd) tell(id);
  }

  #secret(): { readonly id: string; readonly text: string; readonly hash: Buffer } {
    const id = Buffer.from(this.#random.bytes(ID_BYTES)).toString("hex");
    const text = `${id}_${Buffer.from(this.#random.bytes(SECRET_BYTES)).toString("base64url")}`;
    return { id, text, hash: hashOf(text) };
  }
}

/** Takes away the oldest where there is no room for one more; gives the names of those. */
function makeRoom(kept: Map<string, unknown>, max: number): string[] {
  const gone = [...kept.keys()].slice(0, Math.max(0, kept.size - max + 1));
  for (const id of gone) kept.delete(id);
  return gone;
}

/** Takes as long for every text. */
function isHashOf(text: string, hash: Buffer): boolean {
  return timingSafeEqual(hashOf(text), hash);
}

/** Its 256 random bits can't be searched for, so that no slow hash is needed. */
function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
