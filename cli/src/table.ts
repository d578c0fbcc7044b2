import { printable } from "./terminal.ts";

/** Columns as wide as their widest cell, two blanks between them, as kubectl prints. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(printable));
  const widths = header.map((title, column) =>
    shown.reduce((widest, row) => Math.max(widest, (row[column] ?? "").length), title.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(header), ...shown.map(line)].join("\n");
}
