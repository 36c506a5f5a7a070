/** A time in the user's own zone, to the minute. */
export function minute(time: string): string {
  const date = new Date(time);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The same to the second. */
export function second(time: string): string {
  return `${minute(time)}:${two(new Date(time).getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
