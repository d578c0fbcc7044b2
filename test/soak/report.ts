/** Figures of long runs as parts of a page. Each part says when and where it ran, and is replaced by its next run. */

export interface Run {
  readonly name: string;
  readonly minutes: number;
  /** Such as `2027-02-01`. */
  readonly date: string;
  readonly machine: string;
  readonly figures: readonly {
    readonly what: string;
    readonly figures: Readonly<Record<string, string | number>>;
  }[];
}

const heading = "## What it withstands (`make soak`)";
const begin = (name: string) => `<!-- soak ${name}: written by \`make soak\` -->`;
const end = (name: string) => `<!-- /soak ${name} -->`;

/** Markdown: a table for each thing that was tried. */
export function part({ name, minutes, date, machine, figures }: Run): string {
  const lines = [
    `### ${name}`,
    "",
    `${date}; ${minutes.toFixed(1)} min; ${machine}; everything on one machine.`,
  ];
  for (const { what, figures: rows } of figures) {
    lines.push("", `| ${cell(what)} | |`, "| --- | ---: |");
    for (const [key, value] of Object.entries(rows)) lines.push(`| ${cell(key)} | ${cell(String(value))} |`);
  }
  return lines.join("\n");
}

/** The page with this part in the place of an earlier one of its name, or at its end. */
export function withPart(page: string, name: string, text: string): string {
  const whole = `${begin(name)}\n${text}\n${end(name)}`;
  const [from, to] = [page.indexOf(begin(name)), page.indexOf(end(name))];
  if (from >= 0 && to > from) return `${page.slice(0, from)}${whole}${page.slice(to + end(name).length)}`;
  const before = page.trim() === "" ? "# Benchmarks" : page.trimEnd();
  const headed = before.includes(heading) ? before : `${before}\n\n${heading}`;
  return `${headed}\n\n${whole}\n`;
}

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
