import type { Outbox } from "@companyos/outbox";
import { listens, takenPort } from "@companyos/service/testing/taken-port";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
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
