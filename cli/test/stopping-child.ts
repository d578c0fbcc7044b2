/** A service whose start, or whose orderly stop, takes for ever or fails, as its argument says. */
import { untilSignal } from "../src/service-flags.ts";

const [what] = process.argv.slice(2);
setInterval(() => {}, 1_000);
void untilSignal(async () => {
  if (what === "starts for ever") {
    console.log("starting");
    await new Promise(() => {});
  }
  console.log("running");
  return {
    async stop() {
      console.log("stopping");
      if (what === "fails to stop") throw new Error("a port does not close");
      await new Promise(() => {});
    },
  };
});
