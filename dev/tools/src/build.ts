// `make build`: what runs in production, in dist/.
import { fileURLToPath } from "node:url";
import { buildProgram } from "./bundle.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
console.log(await buildProgram(root, `${root}dist`));
