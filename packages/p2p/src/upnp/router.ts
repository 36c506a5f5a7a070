import { request } from "node:http";
import { type Clock, GstoreError } from "@gstore/core";
import { UPNP_ANSWER_BYTES_MAX, UPNP_REQUEST_TIMEOUT_MS } from "../limits.ts";
import { withTimeout } from "../with-timeout.ts";

/** Those that forward ports, the better ones first. */
const SERVICES = [
  "urn:schemas-upnp-org:service:WANIPConnection:2",
  "urn:schemas-upnp-org:service:WANIPConnection:1",
  "urn:schemas-upnp-org:service:WANPPPConnection:1",
];
/** The router keeps mappings for good or not at all. */
const ONLY_PERMANENT = 725;
/** The port is forwarded to somebody else. */
const CONFLICTS = [718, 727];

export interface Forwarding {
  readonly externalPort: number;
  readonly internalHost: string;
  readonly internalPort: number;
}

export interface RouterAccess {
  readonly clock: Clock;
  /** The address of this machine on the router's network. */
  readonly from: string;
  readonly signal: AbortSignal;
}

interface Call extends RouterAccess {
  readonly url: URL;
  readonly body?: string;
  readonly action?: string;
}

/**
 * A router that forwards ports (UPnP, Internet Gateway Device). What it says is read up to 64 KiB and for 5 s, followed to no
 * other host, and of no consequence but for whether it says that it forwards: members find out whether it does.
 */
export class Router {
  readonly #control: URL;
  readonly #service: string;

  private constructor(control: URL, service: string) {
    this.#control = control;
    this.#service = service;
  }

  /** Reads how a router describes itself. Rejects where it is none that forwards ports. */
  static async at(location: URL, access: RouterAccess): Promise<Router> {
    const { status, text } = await call({ ...access, url: location });
    const services = status === 200 ? text.split("<service>").slice(1) : [];
    const base = elementOf(text, "URLBase") ?? location.href;
    for (const service of SERVICES) {
      const described = services.find((one) => elementOf(one, "serviceType") === service);
      const path = described === undefined ? null : elementOf(described, "controlURL");
      if (path === null) continue;
      const control = new URL(path, new URL(base, location));
      if (control.protocol === "http:" && control.hostname === location.hostname)
        return new Router(control, service);
    }
    throw failed("it forwards no ports");
  }

  /** Forwards a port, anew where it does already. Resolves with false where the port is forwarded to somebody else. */
  async forward(
    { externalPort, internalHost, internalPort }: Forwarding,
    access: RouterAccess & { readonly leaseSeconds: number },
  ): Promise<boolean> {
    const ask = (lease: number): Promise<number | null> =>
      this.#act(access, "AddPortMapping", [
        ...[
          ["NewRemoteHost", ""],
          ["NewExternalPort", externalPort],
        ],
        ...[
          ["NewProtocol", "TCP"],
          ["NewInternalPort", internalPort],
          ["NewInternalClient", internalHost],
        ],
        ...[
          ["NewEnabled", 1],
          ["NewPortMappingDescription", "gstore"],
          ["NewLeaseDuration", lease],
        ],
      ] as [string, string | number][]);
    let code = await ask(access.leaseSeconds);
    if (code === ONLY_PERMANENT) code = await ask(0);
    if (code !== null && !CONFLICTS.includes(code)) throw failed(`it refuses with code ${code}`);
    return code === null;
  }

  /** No longer forwards a port. */
  async remove(externalPort: number, access: RouterAccess): Promise<void> {
    await this.#act(access, "DeletePortMapping", [
      ["NewRemoteHost", ""],
      ["NewExternalPort", externalPort],
      ["NewProtocol", "TCP"],
    ]);
  }

  /** Null where it is done, else the router's error code. */
  async #act(
    { clock, from, signal }: RouterAccess,
    action: string,
    fields: readonly (readonly [string, string | number])[],
  ): Promise<number | null> {
    const inner = fields.map(([name, value]) => `<${name}>${value}</${name}>`).join("");
    const body = `<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:${action} xmlns:u="${this.#service}">${inner}</u:${action}></s:Body></s:Envelope>`;
    const url = this.#control;
    const answer = await call({ clock, from, signal, url, body, action: `"${this.#service}#${action}"` });
    if (answer.status === 200) return null;
    const code = Number(elementOf(answer.text, "errorCode") ?? Number.NaN);
    if (!Number.isInteger(code)) throw failed(`it answers with status ${answer.status}`);
    return code;
  }
}

/** The text of the first element of a name, without the search's ever looking at anything twice. */
function elementOf(xml: string, name: string): string | null {
  const start = xml.indexOf(`<${name}>`);
  const end = start < 0 ? -1 : xml.indexOf(`</${name}>`, start);
  return end < 0 ? null : xml.slice(start + name.length + 2, end).trim();
}

async function call(given: Call): Promise<{ readonly status: number; readonly text: string }> {
  const { clock, url, body, action } = given;
  const error = (): Error => failed("it does not answer in time");
  const limit = withTimeout(clock, { signal: given.signal, timeoutMs: UPNP_REQUEST_TIMEOUT_MS, error });
  try {
    return await exchange(given, limit.signal, {
      connection: "close",
      ...(body === undefined ? {} : { "content-type": 'text/xml; charset="utf-8"' }),
      ...(action === undefined ? {} : { soapaction: action }),
    });
  } catch (cause) {
    if (limit.signal.aborted) throw limit.signal.reason;
    throw cause instanceof GstoreError ? cause : failed(`${url.host} does not answer`, cause);
  } finally {
    limit.clear();
  }
}

function exchange(
  { url, body, from }: Call,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const options = { method, headers, agent: false, localAddress: from, signal, maxHeaderSize: 8192 };
    const asked = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on("data", (part: Buffer) => {
        bytes += part.length;
        parts.push(part);
        if (bytes > UPNP_ANSWER_BYTES_MAX) asked.destroy(failed("it answers with too much"));
      });
      answer.once("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        resolve({ status: answer.statusCode ?? 0, text });
      });
      answer.once("error", reject);
      answer.once("close", () => reject(failed("its answer was cut off")));
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

function failed(reason: string, cause?: unknown): GstoreError {
  return new GstoreError("PEER_FAILED", `The router does not forward: ${reason}.`, {
    retryable: true,
    cause,
  });
}
