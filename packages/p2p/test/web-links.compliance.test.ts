import { listenByDefault } from "./network-fixture.ts";

// What holds for links on TCP holds for those in WebSockets: the same tests, with nodes that listen for these alone.
listenByDefault("/ip4/127.0.0.1/tcp/0/ws");
await import("./connect.test.ts");
await import("./bulk.test.ts");
await import("./requests.test.ts");
await import("./peers.test.ts");
