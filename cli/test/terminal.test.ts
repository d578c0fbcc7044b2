import { afterEach, expect, jest, test } from "@jest/globals";
import type { Item } from "../src/adopt/item.ts";
import { printItems } from "../src/adopt/print.ts";
import { complain, jsonText, printable } from "../src/terminal.ts";

const printed: string[] = [];
const keep = (text: unknown) => {
  printed.push(String(text));
};

afterEach(() => {
  jest.restoreAllMocks();
  printed.length = 0;
});

test("a former owner's words can neither erase a warning of adopt's nor stand as a line of their own", () => {
  jest.spyOn(console, "log").mockImplementation(keep);
  const subject = "User x\u001b[2K\u001b[1A\u001b[2K\r\nglobex: nothing stays";
  const item: Item = {
    namespace: "globex",
    formerTenant: "globex",
    formerUid: "0",
    tenant: "globex",
    uid: "1",
    state: "adoptable",
    objects: {
      pods: 0,
      secrets: 0,
      configmaps: 0,
      persistentvolumeclaims: 0,
      serviceaccounts: 1,
      rolebindings: 1,
    },
    prospect: null,
    rights: [{ name: "b", role: "admin", subjects: [subject] }],
  };
  printItems([item]);
  const lines = printed.join("\n").split("\n");
  expect(lines.filter((line) => line.startsWith("globex:"))).toEqual([
    expect.stringContaining("RoleBinding b stays and gives admin to User x"),
  ]);
  expect(printed.join("")).not.toContain("\u001b");
  expect(printed.join("")).not.toContain("\r");
});

test("an error keeps its lines and loses what a terminal would obey", () => {
  jest.spyOn(console, "error").mockImplementation(keep);
  complain("one\ntwo \u001b[2K");
  expect(printed).toEqual(["one\ntwo \ufffd[2K"]);
});

test.each(["::error::x", "  ::add-mask::x", "a ##[group]x", "##vso[task.x]", "##teamcity[x]"])(
  "%s is no command to a pipeline, and as long as it was",
  (text) => {
    expect(printable(text)).not.toMatch(/^\s*::|##\w*\[/);
    expect(printable(text)).toHaveLength(text.length);
    expect(printable("a::b ## c [d]")).toBe("a::b ## c [d]");
  },
);

test("pages are named by where somebody has them, and by their path where nobody says", () => {
  jest.spyOn(console, "error").mockImplementation(keep);
  const told = "you may not (docs/rbac.md#who); docs/runbooks/X.md; not other/docs/a.md";
  complain(told);
  process.env.COMPANYOS_DOCS_URL = "https://docs.example/residency/";
  try {
    complain(told);
  } finally {
    delete process.env.COMPANYOS_DOCS_URL;
  }
  expect(printed).toEqual([
    told,
    "you may not (https://docs.example/residency/rbac.md#who); https://docs.example/residency/runbooks/X.md; not other/docs/a.md",
  ]);
});

test("JSON reads back as it was, and has no command and no control in it as it stands", () => {
  const rude = "##vso[a]###[b] \u0080\u009b\u202e\u2066\u200f\u061c \u0000\n::x";
  const text = jsonText({ [rude]: rude });
  expect(JSON.parse(text)).toEqual({ [rude]: rude });
  expect(text).not.toMatch(/##\w*\[|[\u0080-\u009f\u061c\u200f\u202e\u2066]|^\s*::/m);
});
