import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where the built page may be: beside the bundled command, or in the sources, from which it is built on its own. */
const PLACES = ["web", "../../web/dist"];

/** The folder of the web page; where it was never built the one that it will be built to. */
export function pageFolder(): string {
  const places = PLACES.map((place) => join(import.meta.dirname, place));
  return places.find((place) => existsSync(join(place, "index.html"))) ?? (places.at(-1) as string);
}
