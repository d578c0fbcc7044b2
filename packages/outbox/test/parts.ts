/** Inner parts that tests of other rooms look at. */
export { type Disk, nodeDisk } from "../src/disk/disk.ts";
