/** Inner parts that tests of other rooms look at. */
export { readTile } from "../src/prover/tiles.ts";
export { logRoutes } from "../src/server/log.ts";
export { DisclosureSealer } from "../src/writer/disclosures.ts";
export { type Issued, issuer } from "../src/writer/issue.ts";
export { checkpointKey, tileKey } from "../src/writer/layout.ts";
export { Writer } from "../src/writer/writer.ts";
