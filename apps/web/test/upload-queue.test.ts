import { expect, test } from "vitest";
import { ApiError } from "../src/api/http.ts";
import { type FileToSend, UploadQueue } from "../src/uploads/upload-queue.ts";

type Put = ConstructorParameters<typeof UploadQueue>[0];

/** A queue whose requests end when the test says so. */
function queueOf(): {
  queue: UploadQueue;
  running: Map<string, { done: () => void; fail: (error: unknown) => void; signal: AbortSignal }>;
} {
  const running = new Map<
    string,
    { done: () => void; fail: (error: unknown) => void; signal: AbortSignal }
  >();
  const put: Put = ({ key }, { signal, onProgress }) =>
    new Promise((resolve, reject) => {
      onProgress(1);
      running.set(key, { done: () => resolve({ note: null }), fail: reject, signal });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  return { queue: new UploadQueue(put), running };
}

function toSend(key: string): FileToSend {
  return { file: new File(["abc"], key), space: "main", key };
}
const states = (queue: UploadQueue): string[] => queue.summary().all.map(({ state }) => state);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("three files are sent at once, the next when one is stored", async () => {
  const { queue, running } = queueOf();
  queue.add(["a", "b", "c", "d"].map(toSend));
  expect(states(queue)).toEqual(["running", "running", "running", "waiting"]);
  expect(queue.summary()).toMatchObject({ sent: 3, size: 12, isRunning: true });
  running.get("b")?.done();
  await turn();
  expect(states(queue)).toEqual(["running", "stored", "running", "running"]);
  for (const { done } of running.values()) done();
  await turn();
  expect(queue.summary()).toMatchObject({ sent: 12, isRunning: false });
  queue.clear();
  expect(queue.summary().all).toEqual([]);
});

test("what is cancelled is cut off and makes room, and what failed can be sent again", async () => {
  const { queue, running } = queueOf();
  queue.add(["a", "b", "c", "d"].map(toSend));
  const [first, second] = queue.summary().all;
  queue.cancel(first?.id ?? 0);
  expect(running.get("a")?.signal.aborted).toBe(true);
  await turn();
  expect(states(queue)).toEqual(["cancelled", "running", "running", "running"]);
  running
    .get("b")
    ?.fail(new ApiError({ code: "STORE_FULL", message: "The disk is full.", retryable: false }, 507));
  await turn();
  expect(queue.summary().all[1]).toMatchObject({ state: "failed", note: "The disk is full." });
  queue.retry(second?.id ?? 0);
  expect(states(queue)[1]).toBe("running");
});

test("what is paused makes room, stays where it was, and goes on with what the node has", async () => {
  const begun: (string | null)[] = [];
  const queue = new UploadQueue(async (_file, { signal, onProgress, begun: kept }) => {
    begun.push(kept.url);
    kept.url = "/v1/uploads/1";
    onProgress(2);
    return await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  queue.add([toSend("a")]);
  const id = queue.summary().all[0]?.id ?? 0;
  queue.pause(id);
  await turn();
  expect(queue.summary()).toMatchObject({ isRunning: false, all: [{ state: "paused", sent: 2 }] });
  queue.clear();
  queue.retry(id);
  expect([begun, states(queue)]).toEqual([[null, "/v1/uploads/1"], ["running"]]);
});
