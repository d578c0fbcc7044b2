export { github } from "./github.ts";
export { junit } from "./junit.ts";
export { sarif } from "./sarif.ts";
