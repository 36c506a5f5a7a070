import { useSyncExternalStore } from "react";

export const VIEWS = ["files", "network", "safety", "activity", "settings"] as const;
export type View = (typeof VIEWS)[number];

/** What the address shows. Behind its #, so that no name of a file is ever sent as a page's address. */
export interface Route {
  readonly view: View;
  /** Of `files`: the space, and the folder in it, which ends in a slash unless it is the space's own. */
  readonly space: string;
  readonly prefix: string;
}

export function parseRoute(hash: string): Route {
  const [, first = "", space = "", ...rest] = hash.replace(/^#/, "").split("/");
  const view = VIEWS.find((name) => name === first) ?? "files";
  if (view !== "files" || space === "") return { view, space: "main", prefix: "" };
  const folders = rest.filter((part) => part !== "").map(decode);
  return { view, space: decode(space), prefix: folders.map((name) => `${name}/`).join("") };
}

export function hrefOf(view: View): string {
  return `#/${view}`;
}

export function folderHref(space: string, prefix: string): string {
  const folders = prefix.split("/").map(encodeURIComponent).join("/");
  return `#/files/${encodeURIComponent(space)}/${folders}`;
}

/** The folders that lead to one, the space's own first. */
export function breadcrumbs(space: string, prefix: string): { name: string; prefix: string }[] {
  const names = prefix.split("/").slice(0, -1);
  const crumbs = names.map((name, at) => ({ name, prefix: `${names.slice(0, at + 1).join("/")}/` }));
  return [{ name: space, prefix: "" }, ...crumbs];
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return parseRoute(hash);
}

function subscribe(tell: () => void): () => void {
  window.addEventListener("hashchange", tell);
  return () => window.removeEventListener("hashchange", tell);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
