import type { RunningNotary } from "@companyos/notary";
import { journal, type Rig, record, sender, serveAlone } from "@companyos/notary/testing/rig";
import type { ReceiptEvent } from "@companyos/receipts";
import type { Authenticator } from "@companyos/service";

/** Logs what happened to tenants, then lets the notary of that log answer whoever asks, or may. */
export async function served(
  r: Rig,
  region: string,
  events: readonly ReceiptEvent[],
  authorize: Authenticator["authorize"] = async () => true,
): Promise<RunningNotary> {
  const writer = r.writer();
  const records = events.map((event, i) => record(i, event));
  if (records.length > 0) await writer.submit({ journal, owner: sender, cluster: "test", from: 0, records });
  await writer.stop();
  return serveAlone(
    {
      region,
      storeDir: r.storeDir,
      keysDir: r.keysDir,
      metricsListen: { host: "127.0.0.1", port: 0 },
      publishIntervalMs: 10,
    },
    {
      authenticate: async (token) => ({ username: token, uid: "", groups: [] }),
      authorize,
    },
  );
}
