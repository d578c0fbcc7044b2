import { listens, takenPort } from "@companyos/service/testing/taken-port";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Rig, region, rig, serveAlone } from "./rig.ts";

let r: Rig;
let port: Awaited<ReturnType<typeof takenPort>>;
beforeEach(async () => {
  r = await rig();
  port = await takenPort();
});
afterEach(async () => {
  await port.end();
  await r.remove();
});

const nobody = { authenticate: async () => undefined, authorize: async () => false };

test.each(["listen", "metricsListen"] as const)(
  "with the address of %s taken it does not start, and listens nowhere",
  async (taken) => {
    const addresses = { listen: port.free, metricsListen: port.free, [taken]: port.taken };
    const started = serveAlone({ region, storeDir: r.storeDir, keysDir: r.keysDir, ...addresses }, nobody);
    await expect(started).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(await listens(port.free)).toBe(false);
  },
);
