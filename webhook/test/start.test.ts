import { join } from "node:path";
import { connect } from "@companyos/kube";
import { apiServer } from "@companyos/kube/testing/api-server";
import { type Outbox, openOutbox } from "@companyos/outbox";
import { createLogger } from "@companyos/service";
import { listens, takenPort } from "@companyos/service/testing/taken-port";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { runWebhook } from "../src/index.ts";
import { startTestWebhook } from "./webhook.ts";

let port: Awaited<ReturnType<typeof takenPort>>;
beforeEach(async () => {
  port = await takenPort();
});
afterEach(() => port.end());

test.each(["listen", "metricsListen"] as const)(
  "with the address of %s taken it does not start, and leaves no server, watch or journal behind",
  async (taken) => {
    const watched = new Set<string>();
    let journal: Outbox | undefined;
    const started = startTestWebhook({
      listen: port.free,
      metricsListen: port.free,
      [taken]: port.taken,
      watched,
      journal: (outbox) => {
        journal = outbox;
        return outbox;
      },
    });
    await expect(started).rejects.toMatchObject({ code: "EADDRINUSE" });
    expect(await listens(port.free)).toBe(false);
    expect([...watched]).toEqual([]);
    const window = { region: "eu-west-1", rid: "1" };
    await expect(journal?.repeat(window)).rejects.toMatchObject({ code: "stopped" });
  },
);

test("with a certificate that cannot be watched it does not start, and leaves no watch and no locked journal behind", async () => {
  const server = await apiServer();
  const kube = await connect({ serviceAccountDir: server.dir, server: server.url });
  const log = createLogger({ role: "webhook", write: () => {} });
  const journalDir = join(server.dir, "journal");
  const absent = join(server.dir, "absent");
  const started = runWebhook({
    kube,
    log,
    cluster: "test",
    listen: port.free,
    metricsListen: port.free,
    certificate: { files: { cert: join(absent, "tls.crt"), key: join(absent, "tls.key") } },
    journalDir,
    notaries: { "eu-west-1": "https://127.0.0.1:9" },
    token: () => "token",
  });
  await expect(started).rejects.toMatchObject({ code: "ENOENT", syscall: "watch" });
  expect(await listens(port.free)).toBe(false);
  await until("nothing watches", () => server.watching() === 0);
  const [ca, token] = [() => undefined, () => "token"];
  const journal = await openOutbox({
    dir: journalDir,
    cluster: "test",
    regions: {},
    ca,
    token,
    log,
    faults: () => {},
  });
  await journal.stop();
  await kube.close();
  await server.stop();
});
