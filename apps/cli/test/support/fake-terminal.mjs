// Loaded before the command line: its standard input, a pipe, then passes for a terminal, so that tests can type.
Object.defineProperty(process.stdin, "isTTY", { value: true });
