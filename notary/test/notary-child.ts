/** A notary in a process of its own, to be killed. Arguments: store folder, keys folder, port. */

import { region, sender, serveAlone } from "./rig.ts";

const [storeDir, keysDir, port] = process.argv.slice(2) as [string, string, string];
const notary = await serveAlone(
  {
    region,
    storeDir,
    keysDir,
    listen: { host: "127.0.0.1", port: Number(port) },
    publishIntervalMs: 50,
    batchDelayMs: 5,
  },
  {
    authenticate: async (token) => ({
      username: token === "webhook" ? sender : "auditor",
      uid: "",
      groups: [],
    }),
    authorize: async () => true,
  },
);
process.stdout.write(`${notary.url}\n`);
