import { connect, createServer, type Server, type Socket } from "node:net";

/** What one connection carried, each way. */
export interface Recording {
  readonly sent: Buffer;
  readonly answered: Buffer;
}

/** A TCP relay on the way to a port that records every connection, and can play the answers of one to who dials it. */
export class Recorder {
  readonly port: number;
  readonly #server: Server;
  readonly #recordings: { sent: Buffer[]; answered: Buffer[] }[] = [];
  readonly #sockets = new Set<Socket>();
  #playing: readonly Recording[] | null = null;
  /** How many connections were answered from a recording. */
  played = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async to(port: number): Promise<Recorder> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const recorder = new Recorder(server, (server.address() as { port: number }).port);
    server.on("connection", (near) => recorder.#accept(near, port));
    return recorder;
  }

  get recordings(): Recording[] {
    return this.#recordings.map(({ sent, answered }) => {
      return { sent: Buffer.concat(sent), answered: Buffer.concat(answered) };
    });
  }

  /** Relays nothing any more: whoever dials is given what was answered in the recordings, in turn. */
  play(recordings: readonly Recording[]): void {
    this.#playing = recordings;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(near: Socket, port: number): void {
    this.#keep(near);
    if (this.#playing !== null) {
      const recording = this.#playing[this.played++ % this.#playing.length];
      near.on("data", () => {});
      near.write(recording?.answered ?? Buffer.alloc(0));
      return;
    }
    const far = this.#keep(connect({ host: "127.0.0.1", port }));
    const recording = { sent: [] as Buffer[], answered: [] as Buffer[] };
    this.#recordings.push(recording);
    join(near, far, recording.sent);
    join(far, near, recording.answered);
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
    return socket;
  }
}

function join(from: Socket, to: Socket, recorded: Buffer[]): void {
  from.on("data", (data: Buffer) => recorded.push(data));
  from.once("close", () => to.destroy());
  from.pipe(to);
}
