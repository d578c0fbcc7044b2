// Writes docs/rbac.md: node test/rbac/write.ts
import { writeFile } from "node:fs/promises";
import { rbacPage } from "./document.ts";
import { renderChart, rolesOf } from "./rendered.ts";

const page = new URL("../../docs/rbac.md", import.meta.url);

await writeFile(page, rbacPage(rolesOf(await renderChart())));
