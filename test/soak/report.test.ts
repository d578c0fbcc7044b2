import { expect, test } from "@jest/globals";
import { part, withPart } from "./report.ts";

const text = (n: number, name = "kills") =>
  part({
    name,
    minutes: 12.34,
    date: "2027-02-01",
    machine: "2 cores",
    figures: [{ what: "a | b", figures: { kills: n } }],
  });

test("figures become tables", () => {
  expect(text(500)).toContain(
    "### kills\n\n2027-02-01; 12.3 min; 2 cores; everything on one machine.\n\n| a \\| b | |\n| --- | ---: |\n| kills | 500 |",
  );
});

test("a part takes the place of the one before, and leaves the rest of the page alone", () => {
  const first = withPart("# Page\n\nabove\n", "kills", text(1));
  expect(first).toMatch(/^# Page\n\nabove\n\n## What it withstands \(`make soak`\)\n\n<!-- soak kills/);
  const both = withPart(first, "storms", text(7, "storms"));
  const second = withPart(`${both}\nbelow\n`, "kills", text(2));
  expect(second.match(/## What it withstands/g)).toHaveLength(1);
  expect(second).toContain("| kills | 2 |");
  expect(second).not.toContain("| kills | 1 |");
  expect(second).toContain("### storms");
  expect(second.endsWith("\nbelow\n")).toBe(true);
  expect(withPart("", "kills", text(3))).toMatch(/^# Benchmarks\n\n## What/);
});
