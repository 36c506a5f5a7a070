// A router's UPnP: node upnp-router.mjs ADDRESS, the router's own on its local network. It forwards by nft in the namespace that it runs in.
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { createServer } from "node:http";

const [address] = process.argv.slice(2);
const SERVICE = "urn:schemas-upnp-org:service:WANIPConnection:1";
const PAGE = `<root><device><serviceList><service><serviceType>${SERVICE}</serviceType><controlURL>/control</controlURL></service></serviceList></device></root>`;
const nft = (rule) => execFileSync("nft", [rule]);

const web = createServer(async (request, response) => {
  if (request.method === "GET") return response.end(PAGE);
  let body = "";
  for await (const part of request) body += part;
  const field = (name) => new RegExp(`<New${name}>([^<]*)<`).exec(body)?.[1];
  nft("flush chain ip nat prerouting");
  nft("flush chain ip filter forward");
  const isAdded = String(request.headers.soapaction).includes("#AddPortMapping");
  if (isAdded) {
    const [outer, host, port] = [field("ExternalPort"), field("InternalClient"), field("InternalPort")];
    nft(`add rule ip nat prerouting iifname "wan" tcp dport ${outer} dnat to ${host}:${port}`);
    nft(`add rule ip filter forward ip daddr ${host} tcp dport ${port} accept`);
  }
  nft('add rule ip filter forward iifname "wan" ct state new drop');
  response.end("<ok/>");
  process.stdout.write(`${isAdded ? "forwards" : "removed"} ${field("ExternalPort")}\n`);
});
web.listen(0, address, () => {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const url = `http://${address}:${web.address().port}/description.xml`;
  socket.on("message", (_question, from) => {
    socket.send(`HTTP/1.1 200 OK\r\nLOCATION: ${url}\r\n\r\n`, from.port, from.address);
  });
  socket.bind(1900, () => {
    socket.addMembership("239.255.255.250", address);
    process.stdout.write("ready\n");
  });
});
// It ends with who started it.
process.stdin.resume().on("end", () => process.exit());
