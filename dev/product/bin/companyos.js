#!/usr/bin/env node
// Plain JavaScript on purpose: it must start on any Node to say what is missing.
// On Node >= 24 it imports the program (TypeScript sources run directly); on an older one it
// hands over to the Node 24 that `npm ci` put into node_modules/.bin.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const program = new URL("../src/main.ts", import.meta.url);
if (Number(process.versions.node.split(".")[0]) >= 24) {
  const { main } = await import(program.href);
  await main(process.argv.slice(2));
} else {
  const node = fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url));
  if (!existsSync(node) || process.env.COMPANYOS_HANDED_OVER) {
    console.error("companyos needs Node 24; run npm ci in the project's folder, or install Node 24.");
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, COMPANYOS_HANDED_OVER: "1" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 130 : (code ?? 1)));
}
