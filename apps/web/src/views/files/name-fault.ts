/** Why something can't have that name; null where it can. A key's parts are not empty, `.` or `..`. */
export function nameFault(name: string): string | null {
  if (name === "") return "A name is needed.";
  if (name.includes("\0")) return "A name has no such character.";
  const parts = name.split("/");
  if (parts.some((part) => part === "")) return "A name has no slash at its ends, and no two in a row.";
  if (parts.some((part) => part === "." || part === "..")) return "“.” and “..” are no names.";
  return new TextEncoder().encode(name).length > 1024 ? "The name is too long." : null;
}
