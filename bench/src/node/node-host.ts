// Runs a node in a process of its own: calls of bench-node.ts's functions come and go over IPC.
type Functions = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

const functions = (await import("./bench-node.ts")) as unknown as Functions;

process.on("message", async ({ id, name, args }: Call) => {
  try {
    process.send?.({ id, result: await functions[name]?.(...args) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.({ ready: true });

export {};
