import { request } from "node:http";
import type { Socket } from "node:net";
import { abortedError, GstoreError, throwIfAborted } from "@gstore/core";
import { WEB_HEAD_BYTES_MAX } from "../limits.ts";

/** An HTTP proxy that has to be asked for connections out of a network. */
export interface WebProxy {
  readonly host: string;
  readonly port: number;
  /** What stands in `Proxy-Authorization`; null where it wants nobody's name. */
  readonly authorization: string | null;
}

/** Reads `http://proxy:3128` or `http://user:password@proxy:3128`. Throws `INVALID_ARGUMENT`, without the password. */
export function parseProxy(text: string): WebProxy {
  const url = URL.parse(text);
  const isPlain = url !== null && url.protocol === "http:" && url.hostname !== "";
  if (!isPlain || (url.pathname !== "/" && url.pathname !== "") || url.search !== "" || url.hash !== "")
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "That is no address of an HTTP proxy. Write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT.",
    );
  const names = [url.username, url.password].map(decodeURIComponent).join(":");
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 80 : Number(url.port),
    authorization: url.username === "" ? null : `Basic ${Buffer.from(names).toString("base64")}`,
  };
}

/** As {@link parseProxy}; null for none. */
export function proxyOf(text: string | undefined): WebProxy | null {
  return text === undefined ? null : parseProxy(text);
}

/** Asks a proxy for a connection to a host and port (CONNECT, RFC 9110 section 9.3.6). Rejects with `PEER_UNREACHABLE`. */
export async function connectThrough(
  proxy: WebProxy,
  to: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  throwIfAborted(signal);
  const { host, port, authorization } = proxy;
  const target = `${to.host.includes(":") ? `[${to.host}]` : to.host}:${to.port}`;
  const headers = {
    host: target,
    ...(authorization === null ? {} : { "proxy-authorization": authorization }),
  };
  const limits = { agent: false as const, maxHeaderSize: WEB_HEAD_BYTES_MAX };
  const asking = request({ host, port, method: "CONNECT", path: target, headers, ...limits });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const abort = (): void => void asking.destroy(abortedError(signal));
  signal.addEventListener("abort", abort, { once: true });
  // Left there: what goes wrong later is told to whoever has the socket.
  asking.on("error", (cause) => reject(signal.aborted ? abortedError(signal) : proxyError(proxy, { cause })));
  asking.once("connect", ({ statusCode = 0 }, socket: Socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
      return;
    }
    socket.destroy();
    reject(proxyError(proxy, { status: statusCode }));
  });
  asking.end();
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function proxyError(
  { host, port }: WebProxy,
  { status, cause }: { readonly status?: number; readonly cause?: unknown },
): GstoreError {
  const reason =
    status === 407
      ? "wants a user name and password that it knows: http://USER:PASSWORD@HOST:PORT"
      : status !== undefined
        ? `refuses (${status}). Ask who runs it to let it connect there`
        : "does not answer. Check its address (--proxy)";
  return new GstoreError("PEER_UNREACHABLE", `The proxy ${host}:${port} ${reason}.`, {
    retryable: true,
    cause,
  });
}
