/** Cancels what was scheduled; harmless when it is over. */
export type Cancel = () => void;

interface ScheduledEvent {
  readonly at: number;
  readonly order: number;
  /** Null once it was cancelled. */
  action: (() => void) | null;
}

/** More than any seed needs: a run that goes on beyond it never comes to rest. */
const EVENTS_MAX = 3_000_000;

/**
 * The only source of time in a simulation: a queue of events in order of their moment, and of their scheduling where two
 * share one. Time jumps from event to event. Between two of them everything that the event made ready runs to its end.
 */
export class Scheduler {
  #now = 0;
  #order = 0;
  #hash = 0x811c9dc5;
  #executed = 0;
  #pending = 0;
  readonly #heap: ScheduledEvent[] = [];
  /** Called with what an event threw; by default it ends the run. */
  onThrow: (error: unknown) => void = (error) => {
    throw error;
  };

  /** Simulated milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  /** Events that happened. */
  get executed(): number {
    return this.#executed;
  }

  /** Events that wait. */
  get pending(): number {
    return this.#pending;
  }

  /** Tells one course of events from another: of all moments and orders so far. */
  get fingerprint(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  schedule(delayMs: number, action: () => void): Cancel {
    const event: ScheduledEvent = { at: this.#now + Math.max(0, delayMs), order: this.#order++, action };
    this.#push(event);
    this.#pending++;
    return () => {
      if (event.action === null) return;
      event.action = null;
      this.#pending--;
    };
  }

  /** Resolves after so long, in simulated time. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(delayMs, resolve));
  }

  /** Lets time go on to `untilMs`, or until the condition holds, looked at after each event; true if it does. */
  async run(untilMs: number, condition: () => boolean = () => false): Promise<boolean> {
    await turn();
    while (!condition()) {
      const next = this.#takeDue(untilMs);
      if (next === undefined) {
        this.#now = Math.max(this.#now, untilMs);
        return condition();
      }
      this.#now = Math.max(this.#now, next.at);
      this.#note(next);
      try {
        next.action?.();
      } catch (error) {
        this.onThrow(error);
      }
      await turn();
    }
    return true;
  }

  #note({ at, order }: ScheduledEvent): void {
    this.#executed++;
    if (this.#executed > EVENTS_MAX) throw new Error(`no rest after ${EVENTS_MAX} events`);
    this.#hash = Math.imul(this.#hash ^ order, 0x01000193);
    this.#hash = Math.imul(this.#hash ^ Math.round(at * 1000), 0x01000193);
  }

  #takeDue(untilMs: number): ScheduledEvent | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.action !== null && first.at > untilMs) return undefined;
      this.#pop();
      if (first.action === null) continue;
      this.#pending--;
      return first;
    }
    return undefined;
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as ScheduledEvent)) break;
      heap[at] = heap[parent] as ScheduledEvent;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as ScheduledEvent;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (
        child + 1 < heap.length &&
        isBefore(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)
      )
        child++;
      if (!isBefore(heap[child] as ScheduledEvent, last)) break;
      heap[at] = heap[child] as ScheduledEvent;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: ScheduledEvent, other: ScheduledEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/**
 * One turn of the event loop: before its end all promises and ticks that are ready have run, those that they make ready
 * too. Nothing under simulation waits for anything else than these and the scheduler.
 */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
