import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { UPNP_ROUTERS_MAX } from "../src/limits.ts";

const SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1";

export interface FakeRouterOptions {
  /** The error code for a port and lease, or null to forward. */
  readonly refuses?: (port: number, lease: number) => number | null;
  /** Where it says that it describes itself. */
  readonly location?: (url: string) => string;
  readonly controlUrl?: (url: string) => string;
  readonly describe?: (response: ServerResponse) => void;
}

export interface FakeRouter {
  /** Where it hears searches. */
  readonly at: { readonly host: string; readonly port: number };
  readonly url: string;
  /** External ports, each with its internal address and the last lease. */
  readonly forwarded: Map<number, string>;
  /** How often it was searched, and what it was asked. */
  readonly heard: string[];
}

/** A router on the loopback interface that forwards nothing, but does as if. */
export async function startFakeRouter(options: FakeRouterOptions = {}): Promise<FakeRouter> {
  const { refuses = () => null, location = (url) => url, controlUrl = () => "/control" } = options;
  const forwarded = new Map<number, string>();
  const heard: string[] = [];
  const web = createServer(async (request, response) => {
    const body = await textOf(request);
    if (request.method === "GET") {
      heard.push(`GET ${request.url}`);
      if (options.describe) options.describe(response);
      else response.end(description(controlUrl(url)));
      return;
    }
    const field = (name: string) => new RegExp(`<New${name}>([^<]*)<`).exec(body)?.[1] ?? "";
    const [port, lease] = [Number(field("ExternalPort")), Number(field("LeaseDuration"))];
    const action = /#(\w+)"$/.exec(String(request.headers.soapaction))?.[1] ?? "";
    heard.push(`${action} ${port}`);
    const code = action === "AddPortMapping" ? refuses(port, lease) : null;
    if (code !== null) {
      response.writeHead(500).end(`<UPnPError><errorCode>${code}</errorCode></UPnPError>`);
      return;
    }
    if (action === "AddPortMapping")
      forwarded.set(port, `${field("InternalClient")}:${field("InternalPort")} for ${lease} s`);
    else forwarded.delete(port);
    response.end("<ok/>");
  });
  web.listen(0, "127.0.0.1");
  await once(web, "listening");
  const url = `http://127.0.0.1:${(web.address() as AddressInfo).port}/description.xml`;
  const ears = createSocket("udp4");
  ears.on("message", (_question, { address, port }) => {
    heard.push("search");
    // As often as is listened to, so that the search is over at once.
    for (let count = 0; count < UPNP_ROUTERS_MAX; count++)
      ears.send(`HTTP/1.1 200 OK\r\nLOCATION: ${location(url)}?${count}\r\n\r\n`, port, address);
  });
  ears.bind(0, "127.0.0.1");
  await once(ears, "listening");
  onTestFinished(() => {
    ears.close();
    web.close().closeAllConnections();
  });
  return { at: { host: "127.0.0.1", port: ears.address().port }, url, forwarded, heard };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

function description(controlUrl: string): string {
  const services = [
    ["urn:schemas-upnp-org:service:Layer3Forwarding:1", "/other"],
    [SERVICE, controlUrl],
  ].map(
    ([type, url]) => `<service><serviceType>${type}</serviceType><controlURL>${url}</controlURL></service>`,
  );
  return `<root><device><serviceList>${services.join("")}</serviceList></device></root>`;
}
