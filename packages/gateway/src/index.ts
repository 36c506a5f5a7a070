export { errorRecord, STATUS_OF_CODE } from "./error-reply.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export type { components, operations, paths } from "./openapi/api.generated.ts";
export { findSocket, SOCKET_PATH_BYTES_MAX, type SocketPlace, socketPlace } from "./socket-path.ts";
export type { HttpOptions } from "./tcp/tcp-server.ts";
