// CPU seconds by stage out of perf's samples, for each process: node bench/profile/perf-stages.mjs FILE (DETAIL=1: symbols)
// Recorded with `perf record -e cpu-clock -F 997 -g -p PIDS`: native code, the kernel and all threads, not only JavaScript.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const HZ = Number(process.env.HZ ?? 997);
/** The first frame, from the innermost outwards, that one of these knows decides about a sample. */
const STAGES = [
  [
    "disk write and sync (kernel)",
    /ext4_(file_write|buffered_write|sync|da_|writepages|dio)|do_writev|vfs_fsync|do_fsync|generic_perform_write|ksys_pwrite|iomap_dio/,
  ],
  ["tcp send (kernel)", /tcp_sendmsg|sock_write_iter|inet_sendmsg/],
  ["tcp receive (kernel)", /tcp_recvmsg|sock_read_iter|sock_recvmsg/],
  ["file read (kernel)", /filemap_read|ext4_file_read|vfs_read /],
  ["open, stat, close (kernel)", /do_sys_open|vfs_statx|newfstat|path_openat|__fput|vfs_fstat|filp_close/],
  ["thread wake-ups (kernel)", /futex|eventfd/],
  ["epoll (kernel)", /epoll_wait|epoll_pwait|ep_poll/],
  ["page faults (kernel)", /exc_page_fault|do_user_addr_fault/],
  ["mmap, munmap (kernel)", /__x64_sys_(munmap|mmap|madvise|mprotect)|vm_mmap/],
  [
    "garbage collection",
    /v8::internal::(.*(MarkCompact|Scaveng|Sweep|Marking|GarbageColl|Evacuat|PointersUpdat|GCTracer|Collector|YoungGen|LocalAllocationBuffer|NewSpace|FreeList|MemoryAllocator))/,
  ],
  [
    "compiling JavaScript",
    /v8::internal::(compiler|maglev|baseline|interpreter|OptimizedComp|Compiler|Parse)/,
  ],
  ["blake3", /blake3/],
  ["lmdb", /node\.napi\.glibc|mdb_|chacha/],
  ["zstd", /ZSTD|HUF_|FSE_|node::zlib/],
  ["ed25519", /ed25519|\bge_|\bfe_(mul|sq)|SignTraits|Sign::|sha512/i],
  [
    "TLS",
    /SSL_|ssl3_|ssl_|tls_(write|read|get|post|default|common|release)|tls13|TLSWrap::(ClearOut|ClearIn|EncOut|Write|DoWrite)|NodeBIO/,
  ],
  ["random bytes", /RandomBytes|RAND_|drbg/i],
  ["HMAC and SHA", /HMAC|Hmac|sha256|Hash::|EVP_Digest|HKDF/i],
  ["AES-GCM of blobs", /gcm|CipherBase|EVP_(Encrypt|Decrypt|Cipher)/],
  [
    "JavaScript and WebAssembly",
    /Builtins_|perf-\d+\.map|\[JIT\]|v8::internal::(Runtime_|IC::|LoadIC|StoreIC|KeyedLoad|Object|JS|Factory|String|Execution|Builtin)/,
  ],
  [
    "node's fs and streams",
    /node::(fs|StreamBase|LibuvStream|StreamReq|AsyncWrap|MakeCallback|InternalCallbackScope|Buffer)/,
  ],
  ["libuv", /uv__|uv_/],
];
const MEMORY = [
  ["memcpy", /memmove|memcpy/],
  ["malloc and free", /_int_malloc|_int_free|malloc|free|unlink_chunk/],
];

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node bench/profile/perf-stages.mjs PERF_DATA");
  process.exit(2);
}
const processes = new Map();
let sample = null;
const perf = spawn("perf", ["script", "-i", file, "-F", "comm,pid,tid,ip,sym,dso"], {
  stdio: ["ignore", "pipe", "ignore"],
});
for await (const line of createInterface({ input: perf.stdout })) {
  if (line === "") count();
  else if (sample === null)
    sample = { ...(/^\s*(?<thread>.*?)\s+(?<pid>\d+)[/ ]/.exec(line)?.groups ?? {}), frames: [] };
  else sample.frames.push(line.trim().replace(/^[0-9a-f]+ /, ""));
}
count();
print();

function count() {
  if (sample?.pid !== undefined) {
    if (!processes.has(sample.pid))
      processes.set(sample.pid, { threads: new Map(), stages: new Map(), symbols: new Map() });
    const { threads, stages, symbols } = processes.get(sample.pid);
    const stage = stageOf(sample.frames);
    add(threads, sample.thread);
    add(stages, stage);
    if (!symbols.has(stage)) symbols.set(stage, new Map());
    add(symbols.get(stage), (sample.frames[0] ?? "").replace(/ \(.*/, ""));
  }
  sample = null;
}

function stageOf(frames) {
  const named = frames.map((frame) => STAGES.find(([, pattern]) => pattern.test(frame))?.[0]).find(Boolean);
  const isPlain = named === undefined || /JavaScript|fs and|libuv/.test(named);
  return (isPlain && MEMORY.find(([, pattern]) => pattern.test(frames[0] ?? ""))?.[0]) || (named ?? "other");
}

function print() {
  for (const [pid, { threads, stages, symbols }] of processes) {
    const sum = [...stages.values()].reduce((left, right) => left + right, 0);
    console.log(
      `\nprocess ${pid}: ${seconds(sum)} CPU s; ${sorted(threads)
        .map(([name, n]) => `${name} ${seconds(n)}`)
        .join(", ")}`,
    );
    for (const [stage, n] of sorted(stages)) {
      const detail = process.env.DETAIL
        ? sorted(symbols.get(stage))
            .slice(0, 5)
            .map(([name, m]) => `${name} ${seconds(m)}`)
        : [];
      console.log(`${seconds(n).padStart(8)}  ${stage.padEnd(30)} ${detail.join("; ")}`);
    }
  }
}

function add(map, key) {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function sorted(map) {
  return [...map].sort(([, left], [, right]) => right - left);
}

function seconds(samples) {
  return (samples / HZ).toFixed(2);
}
