import {
  type Digest,
  decodeMembershipRecord,
  digestToBytes,
  type MembershipRecord,
  type MembershipStore,
} from "@gstore/core";
import { isRecordIntact, readStored } from "./record-reader.ts";
import type { StoreContext } from "./store-context.ts";

/** The membership records of a {@link DiskStore}. */
export class DiskMembershipStore implements MembershipStore {
  readonly #context: StoreContext;
  readonly #writes = new Map<Digest, Promise<void>>();

  constructor(context: StoreContext) {
    this.#context = context;
  }

  async append(records: readonly MembershipRecord[]): Promise<void> {
    const { log } = this.#context.opened();
    while (!log.hasRoom) await log.room(undefined);
    const { tables } = this.#context.opened();
    const writes: Promise<void>[] = [];
    for (const record of records) {
      const other = this.#writes.get(record.id);
      const arrival = tables.membership.arrivalOf(record.id);
      if (other) writes.push(other);
      else if (arrival === undefined || this.#context.damage.membership.has(arrival))
        writes.push(this.#write(record, arrival));
    }
    await Promise.all(writes);
  }

  async all(): Promise<MembershipRecord[]> {
    const { files, tables } = this.#context.opened();
    const records: MembershipRecord[] = [];
    for (const arrival of tables.membership.arrivals()) {
      const read = await readStored(files, () => tables.membership.place(arrival));
      if (read && isRecordIntact(read)) records.push(decodeMembershipRecord(read.body));
      // Passed over, as one that never came; when a peer sends it again, it is replaced.
      else this.#context.damage.membership.add(arrival);
    }
    return records;
  }

  #write(record: MembershipRecord, arrival: number | undefined): Promise<void> {
    const { log, tables } = this.#context;
    const write = new Promise<void>((resolve, reject) => {
      log.append([
        {
          kind: "membership",
          digest: digestToBytes(record.id),
          body: record.bytes,
          ...(arrival === undefined ? {} : { sequence: arrival }),
          written: (place, sequence) => {
            tables.membership.apply(record.id, { ...place, size: record.bytes.length }, sequence);
            this.#context.damage.membership.delete(sequence);
            resolve();
          },
          failed: reject,
        },
      ]);
    });
    this.#writes.set(record.id, write);
    const done = (): void => void this.#writes.delete(record.id);
    write.then(done, done);
    return write;
  }
}
