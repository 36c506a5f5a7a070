/** What the document says of answers of status 400 and above. */

const TEXTS: Readonly<Record<number, readonly [name: string, text: string]>> = {
  400: ["BadRequest", "The request can't be read, or contradicts itself."],
  401: ["Unauthorized", "There is no token that holds. `WWW-Authenticate: Bearer` comes with it."],
  403: ["Forbidden", "The token does not hold for this, or the node may not do it."],
  404: ["NotFound", "There is no such file, version or space."],
  406: ["NotAcceptable", "The client takes no answer of the type that there is."],
  409: ["Conflict", "What there is stands in the way."],
  410: ["Gone", "The version has expired or was purged."],
  412: ["PreconditionFailed", "A condition of the request does not hold."],
  413: ["TooLarge", "The body is larger than may be."],
  415: ["UnsupportedType", "The body is of another type than this takes."],
  416: ["RangeNotSatisfiable", "All of the ranges lie outside of the file; `Content-Range: bytes */SIZE`."],
  429: ["TooManyRequests", "The token asks too often. `Retry-After` says for how many seconds to wait."],
  460: ["ChecksumMismatch", "The bytes that came have another checksum. None of them was taken."],
  500: ["Fault", "A fault of the node's; its log says more."],
  502: ["PeerFailed", "Another node could not be reached, or failed."],
  503: ["Unavailable", "The node stops, is busy, or nobody who holds the file can be reached."],
  504: ["TimedOut", "It took too long; a file is stored here, and replication goes on."],
  507: ["Full", "There is no room."],
};

function nameOf(status: number): string {
  const [name] = TEXTS[status] ?? [];
  if (name === undefined) throw new Error(`No text says what ${status} means.`);
  return name;
}

export const ERROR_RESPONSES: Readonly<Record<string, object>> = Object.fromEntries(
  Object.values(TEXTS).map(([name, description]) => [
    name,
    { description, content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
  ]),
);

const ALWAYS = [400, 500, 503];
const WITH_TOKEN = [401, 403, 429];

/** The errors of one operation, by status. */
export function errorsOf({
  isOpen,
  others,
}: {
  readonly isOpen: boolean;
  readonly others: readonly number[];
}): Record<string, object> {
  const all = new Set([...ALWAYS, ...(isOpen ? [] : WITH_TOKEN), ...others]);
  return Object.fromEntries(
    [...all].map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]),
  );
}
