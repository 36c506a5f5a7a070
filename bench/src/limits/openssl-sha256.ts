import { execFileSync } from "node:child_process";
import type { Limit } from "../report.ts";
import { fastest, megabytesPerSecond } from "../timing.ts";

/** `cat FILE | openssl dgst -sha256`; MB/s. */
export async function opensslSha256(path: string, bytes: number): Promise<Limit> {
  const took = await fastest(2, () =>
    execFileSync("sh", ["-c", 'cat "$0" | openssl dgst -sha256', path], { stdio: "ignore" }),
  );
  return { name: "cat | openssl dgst -sha256", value: megabytesPerSecond(bytes, took) };
}
