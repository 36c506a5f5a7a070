import type { TSchema } from "typebox";

/** Headings that operations stand under. */
export type Tag =
  | "files"
  | "uploads"
  | "history"
  | "copies"
  | "node"
  | "network"
  | "policies"
  | "upkeep"
  | "access";

/** A header that a request or an answer may have. */
export interface HeaderText {
  readonly description: string;
  readonly schema?: Readonly<Record<string, unknown>>;
}

export type HeaderTexts = Readonly<Record<string, HeaderText>>;

/** What an answer of one status holds. */
export interface AnswerText {
  readonly description: string;
  /** Its schema by its media type; `bytes` for what has none. Without it there is no body. */
  readonly content?: Readonly<Record<string, TSchema | "bytes">>;
  readonly headers?: HeaderTexts;
}

/** What the schemas of a route don't say of it. */
export interface Operation {
  /** Unique, and the name that a client made of this document calls it by. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  /** Headers of the request. */
  readonly headers?: HeaderTexts;
  /** A body that goes on as it comes. */
  readonly body?: HeaderText & { readonly type: string; readonly isOptional?: boolean };
  /** Answers besides errors, by status. Without it: 200, as the route's own schema says. */
  readonly answers?: Readonly<Record<number, AnswerText>>;
  /** Statuses of errors besides those that every route may answer with. */
  readonly errors?: readonly number[];
}

export function operation(
  tag: Tag,
  id: string,
  summary: string,
  rest: Omit<Operation, "id" | "tag" | "summary"> = {},
): Operation {
  return { id, tag, summary, ...rest };
}

/** The answer of a long job. */
export function lines(schema: TSchema): Pick<Operation, "answers"> {
  const description =
    "One JSON object a line, the last one being the report or an error. The schema is of a line.";
  return { answers: { 200: { description, content: { "application/x-ndjson": schema } } } };
}
