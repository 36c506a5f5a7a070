import { expect, test } from "vitest";
import type { BulkConnection } from "../src/bulk-connection.ts";
import { BulkTransfer } from "../src/bulk-transfer.ts";
import { BULK_DISCARD_BYTES_MAX, BULK_READ_AHEAD_BYTES, FRAME_MEMORY_BYTES } from "../src/limits.ts";
import { ManualClock } from "./manual-clock.ts";

/** A transfer on a connection that notes how far it is told to be behind, and why it failed. */
function transferOn() {
  const told = { unreadBytes: 0, failed: false };
  const connection = {
    adjustReading: (unreadBytes: number) => {
      told.unreadBytes = unreadBytes;
    },
    fail: () => {
      told.failed = true;
    },
    writer: { push() {}, progress: 0 },
  } as unknown as BulkConnection;
  const transfer = new BulkTransfer(connection, { clock: new ManualClock(), stallTimeoutMs: 10_000 });
  return { transfer, told };
}

test("unread frames without bytes count too: reading stops after a bounded number of them", async () => {
  const { transfer, told } = transferOn();
  const count = BULK_READ_AHEAD_BYTES / FRAME_MEMORY_BYTES;
  for (let frame = 0; frame < count; frame++) transfer.receiveFrame(new Uint8Array(0));
  expect(told.unreadBytes).toBeGreaterThanOrEqual(BULK_READ_AHEAD_BYTES);
  for (let frame = 0; frame < count; frame++) await transfer.receive();
  expect(told.unreadBytes).toBe(0);
});

test("frames that nobody wants any more end the connection after a bounded number, however small", () => {
  const { transfer, told } = transferOn();
  transfer.release();
  for (let frame = 0; frame <= BULK_DISCARD_BYTES_MAX / FRAME_MEMORY_BYTES; frame++)
    transfer.receiveFrame(new Uint8Array(0));
  expect(told.failed).toBe(true);
});
