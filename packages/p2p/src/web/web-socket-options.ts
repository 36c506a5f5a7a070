import { HANDSHAKE_TIMEOUT_MS } from "@gstore/core";
import type { ClientOptions } from "ws";
import {
  CLOSE_TIMEOUT_MS,
  WEB_BUFFERED_CHUNKS_MAX,
  WEB_FRAGMENTS_MAX,
  WEB_MESSAGE_BYTES_MAX,
} from "../limits.ts";

/** Where on a web server gstore's WebSocket is (docs/spec/transport.md). */
export const WEB_PATH = "/gstore";

/** What both sides hold a WebSocket to. Nothing is compressed: what it carries is encrypted. */
export const WEB_SOCKET_OPTIONS: ClientOptions = {
  maxPayload: WEB_MESSAGE_BYTES_MAX,
  maxFragments: WEB_FRAGMENTS_MAX,
  maxBufferedChunks: WEB_BUFFERED_CHUNKS_MAX,
  perMessageDeflate: false,
  // By WebSocketDuplex, which looks first whether the last one was read.
  autoPong: false,
  handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
  closeTimeout: CLOSE_TIMEOUT_MS,
} as ClientOptions;
