import { spawn } from "node:child_process";

/** What opens a URL for the user; undefined where there is no screen to open it on. */
function opener(): readonly [string, ...string[]] | undefined {
  if (process.platform === "darwin") return ["open"];
  // Not `start`, which is the shell's: it would read the URL as a command line.
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  return DISPLAY || WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
}

/** Opens the URL in the user's browser. Resolves with whether there is one; the browser goes on without us. */
export async function openBrowser(url: string): Promise<boolean> {
  const command = opener();
  if (command === undefined) return false;
  const [program, ...args] = command;
  return await new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
