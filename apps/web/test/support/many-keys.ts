/** Runs in the page: answers its listings as a node with so many keys in a folder would. */
export function listManyKeys(count: number): void {
  const fields = { digest: "1e20", contentType: null, modified: null, mode: null, metadata: {} };
  const author = { id: "12D3", name: "anna" };
  const listed = (at: number): object => {
    const key = `key-${String(at).padStart(6, "0")}`;
    return {
      kind: "file",
      key,
      version: `1e20${at}`,
      size: at,
      stored: "2026-01-01T00:00:00.000Z",
      author,
      ...fields,
    };
  };
  const real = window.fetch;
  window.fetch = async (input, init) => {
    const url = new URL(String(input), window.location.href);
    if (!url.pathname.endsWith("/keys")) return await real(input, init);
    const after = Number(/key-(\d+)/.exec(url.searchParams.get("after") ?? "")?.[1] ?? -1);
    const items = Array.from({ length: Math.min(1000, count - after - 1) }, (_, at) =>
      listed(after + 1 + at),
    );
    const last = after + items.length;
    return Response.json({ items, next: last < count - 1 ? `key-${String(last).padStart(6, "0")}` : null });
  };
}
