/** Where the network writes what happened; pino's loggers fit. Nothing secret is ever logged. */
export interface PeerNetworkLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Keeps quiet. */
export const silentLogger: PeerNetworkLogger = { debug() {}, info() {}, warn() {} };
