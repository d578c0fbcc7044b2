/** A service whose orderly stop takes for ever. */
import { untilSignal } from "../src/service-flags.ts";

setInterval(() => {}, 1_000);
void untilSignal({
  stop: () => {
    console.log("stopping");
    return new Promise(() => {});
  },
});
console.log("running");
