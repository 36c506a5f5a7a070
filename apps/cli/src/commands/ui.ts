import type { Command, CommandContext } from "../command.ts";
import { openBrowser } from "../open-browser.ts";

interface UiArguments {
  readonly role: string;
  readonly open: boolean;
}

export const uiCommand: Command<UiArguments> = {
  options: {
    role: {
      choices: ["reader", "writer", "admin"],
      default: "admin",
      description: "What the page may do: look; change files besides; everything",
    },
    open: { type: "boolean", default: true, description: "Open the browser; --no-open prints the URL alone" },
  },
  examples: [
    ["ui", "the node's web page, in your browser and signed in"],
    ["ui --no-open", "a URL to open yourself, such as through an SSH tunnel"],
    ["ui --role reader", "a page that can look and change nothing"],
  ],
  details:
    "The URL is a secret: it signs in one browser, once, within five minutes. That browser then stays signed in for seven days, or until the node stops.",
  run: ui,
};

async function ui(
  { client, output, signal }: CommandContext,
  { role, open }: UiArguments,
): Promise<undefined> {
  const code = await client.access.signIn(role, { signal });
  const isOpened = open && (await openBrowser(code.url));
  const { url, expires } = code;
  if (isOpened)
    output.note("Opened in your browser. Should nothing show, open this (once, within five minutes):");
  else output.note("Open this in a browser. It signs in once, within five minutes; keep it secret:");
  await output.result({ url, role: code.role, expires, opened: isOpened }, () => url);
  return undefined;
}
