import { expect, test } from "@jest/globals";
import { commands } from "./commands.ts";
import { commandsIn, namedCommands } from "./named-commands.ts";

test("for each command that a message names it is said whom it is for, and how that person runs it", () => {
  const named = namedCommands();
  expect(named.size).toBeGreaterThan(20);
  const untold = [...named].filter(([command]) => !Object.hasOwn(commands, command));
  // When this fails: give the command its line in test/rbac/commands.ts.
  expect(untold).toEqual([]);
  expect(Object.keys(commands).filter((command) => !named.has(command))).toEqual([]);
});

test("what is run is what the message names", () => {
  for (const [command, how] of Object.entries(commands)) {
    if (!("run" in how)) continue;
    const words = command.split(" ").filter((word) => !/[A-Z]/.test(word) && word !== "says");
    const run = how.run.join(" ");
    for (const word of words) expect({ run, has: run.includes(word), word }).toMatchObject({ has: true });
  }
});

test("commands are told from prose, and what an occasion fills in from the rest", () => {
  const source = [
    'const a = "Retry; else look (kubectl describe tenant {tenantName})";',
    `const b = \`hand it over: companyos adopt \${name} --tenant \${of}. Nothing else\`;`,
    'const c = "kubectl would not send this; companyos reads it";',
    "// Not said to anybody: kubectl get secrets",
    'const d = "see companyos status for what is missing";',
  ].join("\n");
  expect(commandsIn(source)).toEqual([
    "kubectl describe tenant X",
    "companyos adopt X --tenant X",
    "companyos status",
  ]);
});
