// The adapter for a peer-benchmark harness: gstore's nodes, each in a process of its own, driven through peer.mjs.
// run.mjs puts it into a copy of the harness. What it needs of the harness: `RpcChild` and `JsSystem` of lib/jspeer.mjs.
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";

const PEER = new URL("./peer.mjs", import.meta.url).pathname;
/** The packages as they are built, which run.mjs has just done: from the sources a node would compile them while it works. */
const EXEC_ARGV = ["--disable-warning=ExperimentalWarning"];
const SAMPLE_MS = 25;

export function gstoreSystem({ RpcChild, JsSystem }) {
  return class extends JsSystem {
    #sampler;
    #peaks = [];
    #perf;
    #putAt;
    #visibleMs = [];

    constructor(ctx) {
      super(ctx, PEER);
    }

    async start(n) {
      const profile = process.env.GSTORE_BENCH_EXEC_ARGV?.split(" ") ?? [];
      const addresses = [];
      for (let i = 0; i < n; i++) {
        const child = new RpcChild(this.ctx.meter, "ABCD"[i], PEER, [...EXEC_ARGV, ...profile]);
        await child.ready;
        this.c.push(child);
        mkdirSync(this.ctx.dir(i), { recursive: true });
        const ticket = i === 0 ? undefined : await this.c[0].call("invite");
        addresses.push(await child.call("start", { dir: `${this.ctx.dir(i)}/node`, name: `n${i}`, ticket }));
      }
      for (const [i, child] of this.c.entries()) await child.call("connect", addresses.slice(0, i));
      await Promise.all(this.c.map((child) => child.call("connected", n)));
      this.#beginPerf();
      this.#peaks = this.c.map(() => 0);
      this.#sampler = setInterval(() => this.#sample(), SAMPLE_MS);
    }

    async put(...args) {
      this.#putAt = performance.now();
      return await super.put(...args);
    }

    /** The first get after a put ends the time until the file was visible there. */
    async get(...args) {
      const bytes = await super.get(...args);
      if (this.#putAt !== undefined) this.#visibleMs.push(performance.now() - this.#putAt);
      this.#putAt = undefined;
      return bytes;
    }

    async fetch(...args) {
      await super.fetch(...args);
      await this.#profiled();
    }

    async fetchDir(...args) {
      await super.fetchDir(...args);
      await this.#profiled();
    }

    async stop() {
      this.#sample();
      clearInterval(this.#sampler);
      const folder = process.env.PEERBENCH;
      const line = {
        system: "gstore",
        phase: "rss_anon_peak_MiB",
        ...Object.fromEntries(this.#peaks.map((peak, i) => ["ABCD"[i], Math.round(peak)])),
      };
      if (folder) appendFileSync(`${folder}/results/gstore-rss-anon.txt`, `${JSON.stringify(line)}\n`);
      console.log(JSON.stringify(line));
      if (this.#visibleMs.length > 0) console.log(JSON.stringify(visibility(this.#visibleMs)));
      await this.#profiled();
      await Promise.all(this.c.map((child) => child.call("stop")));
      await super.stop();
    }

    /** With GSTORE_BENCH_PERF=file the same by perf: native code, the kernel and all threads. */
    #beginPerf() {
      const file = process.env.GSTORE_BENCH_PERF;
      if (!file) return;
      const pids = this.c.map(({ p }) => p.pid).join();
      this.#perf = spawn(
        "perf",
        ["record", "-q", "-e", "cpu-clock", "-F", "997", "-g", "-o", file, "-p", pids],
        { stdio: "ignore" },
      );
    }

    /** With GSTORE_BENCH_PROFILE=folder each node leaves a CPU profile of the work there, without start and export. */
    async #profiled() {
      this.#perf?.kill("SIGINT");
      this.#perf = undefined;
      const folder = process.env.GSTORE_BENCH_PROFILE;
      if (folder)
        await Promise.all(
          this.c.map((child, i) => child.call("endProfile", `${folder}/${"ABCD"[i]}.cpuprofile`)),
        );
    }

    #sample() {
      for (const [i, { p }] of this.c.entries()) {
        try {
          const kib = /RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${p.pid}/status`, "utf8"))?.[1];
          this.#peaks[i] = Math.max(this.#peaks[i], Number(kib ?? 0) / 1024);
        } catch {}
      }
    }
  };
}

/** The harness prints no 99th percentile. */
function visibility(times) {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share) =>
    Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2));
  return {
    system: "gstore",
    phase: "put_to_visible_ms",
    n: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  };
}
