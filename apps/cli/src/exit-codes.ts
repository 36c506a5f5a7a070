import { type ErrorCode, isGstoreError } from "@gstore/gateway/client";

/** What the command's exit code says (docs: gstore --help). Scripts rely on these: they never change their meaning. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  refused: 5,
  fewerCopies: 6,
  unconfirmed: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every code that isn't plainly a failure. */
const EXIT_OF_CODE: Partial<Readonly<Record<ErrorCode, ExitCode>>> = {
  INVALID_ARGUMENT: EXIT.usage,
  INVALID_KEY: EXIT.usage,
  TICKET_INVALID: EXIT.usage,
  VERSION_AMBIGUOUS: EXIT.usage,
  KEY_NOT_FOUND: EXIT.notFound,
  VERSION_NOT_FOUND: EXIT.notFound,
  NO_CONFLICT: EXIT.notFound,
  SPACE_NOT_FOUND: EXIT.notFound,
  NOT_RUNNING: EXIT.unreachable,
  TIMEOUT: EXIT.unreachable,
  NO_HOLDER_REACHABLE: EXIT.unreachable,
  PEER_UNREACHABLE: EXIT.unreachable,
  CONNECTION_LOST: EXIT.unreachable,
  ALREADY_EXISTS: EXIT.refused,
  ALREADY_INITIALISED: EXIT.refused,
  CERTIFICATE_INVALID: EXIT.refused,
  WRONG_NETWORK: EXIT.refused,
  NOT_A_MEMBER: EXIT.refused,
  KEY_MISSING: EXIT.refused,
  PASSPHRASE_NEEDED: EXIT.refused,
  TOKEN_INVALID: EXIT.refused,
  PEER_MISMATCH: EXIT.refused,
  REQUEST_REFUSED: EXIT.refused,
  ENTRY_REFUSED: EXIT.refused,
  LEAVE_INCOMPLETE: EXIT.fewerCopies,
  COPIES_NOT_REACHED: EXIT.fewerCopies,
};

/** The exit code of a command that ended with this error. */
export function exitCodeOf(error: unknown): ExitCode {
  return isGstoreError(error) ? (EXIT_OF_CODE[error.code] ?? EXIT.failed) : EXIT.failed;
}

/** Of several outcomes the one to report: any error before success, the more particular one before "failed". */
export function worstExitCode(codes: Iterable<ExitCode>): ExitCode {
  const order: readonly ExitCode[] = [
    EXIT.done,
    EXIT.fewerCopies,
    EXIT.unconfirmed,
    EXIT.notFound,
    EXIT.refused,
    EXIT.failed,
    EXIT.usage,
    EXIT.unreachable,
  ];
  let worst: ExitCode = EXIT.done;
  for (const code of codes) if (order.indexOf(code) > order.indexOf(worst)) worst = code;
  return worst;
}
