import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { valuesPage } from "../src/chart/page.ts";
import { chartSettings, settingsOf } from "../src/chart/settings.ts";

const schema = {
  $defs: { port: { type: "integer", minimum: 1, maximum: 65535 } },
  properties: {
    mode: { enum: ["A", "B"] },
    server: {
      type: "object",
      properties: {
        port: { $ref: "#/$defs/port" },
        labels: { type: "object" },
        affinity: { type: "object", properties: {} },
      },
    },
  },
};
const values = `# Of the file, and of nothing in it.

# A: the usual one,
#   of two lines | both.
mode: A

# What listens.
server:
  # Not below 1024.
  port: 8443
  labels:
    own: "1"
  affinity: {}
`;

test("each setting has its default, the comment above it and what the schema says, and a free map is one setting", () => {
  const settings = settingsOf(values, schema);
  expect(
    settings.map(({ path, isGroup, comment, ...its }) => [path, isGroup || its.default, comment]),
  ).toEqual([
    ["mode", "A", "A: the usual one, of two lines | both."],
    ["server", true, "What listens."],
    ["server.port", 8443, "Not below 1024."],
    ["server.labels", { own: "1" }, ""],
    ["server.affinity", {}, ""],
  ]);
  expect(() => settingsOf("modus: A", schema)).toThrow("values.schema.json has no modus");
  expect(() => settingsOf("- A", schema)).toThrow("values.yaml is no map");
});

test("the page has a line for each, which no sign of a table breaks", () => {
  const page = valuesPage(settingsOf(values, schema));
  expect(page).toContain('| `mode` | `"A"` | `A`, `B` | A: the usual one, of two lines \\| both. |');
  expect(page).toContain("## server\n\nWhat listens.\n");
  expect(page).toContain("| `server.port` | `8443` | integer from 1 to 65535 | Not below 1024. |");
  expect(page).toContain('| `server.labels` | `{ own: "1" }` | map |  |');
});

test("the chart's file is read whole, its last lines too", async () => {
  const paths = (await chartSettings()).map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(["global.imageRegistry", "webhook.callers.mode", "uninstall.checkPins"]),
  );
  expect(new Set(paths).size).toBe(paths.length);
});

test("every template fills in what values of an earlier release lack before it reads any", async () => {
  const folder = join(import.meta.dirname, "..", "..", "..", "charts", "companyos", "templates");
  for (const file of (await readdir(folder)).filter((name) => !name.startsWith("_"))) {
    const [first] = (await readFile(join(folder, file), "utf8")).split("\n");
    expect([file, first]).toEqual([file, '{{- include "companyos.filled" . }}']);
  }
});
