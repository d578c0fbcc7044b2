/** Inner parts that tests of other rooms look at. */
export { nodeFiles } from "../src/filesystem/files.ts";
