/** As of a program that SIGPIPE ends, which Node ignores: 128 + 13. */
const exitCode = 141;

let isWatched = false;

/**
 * Whoever reads what is printed may have enough of it (`companyos help | head`): that ends the program, as it ends kubectl. That
 * nobody reads complaints ends nothing.
 */
export function endWithReader(): void {
  if (isWatched) return;
  isWatched = true;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCode);
    throw error;
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
