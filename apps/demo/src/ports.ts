import { createServer } from "node:net";

/** Throws an error for people where one of the ports is taken. Asked before anything is made. */
export async function assertPortsFree(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    if (port === 0 || (await isFree(port))) continue;
    throw new Error(
      `Port ${port} of 127.0.0.1 is in use by another program. Stop it, or take others: npm start -- --ports 4001,5001`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
