/** Inner parts that tests of other rooms look at. */
export { type Disk, nodeDisk } from "../src/disk/disk.ts";
export { sealRecord } from "../src/wire/seal.ts";
