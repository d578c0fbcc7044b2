import { expect, test } from "@jest/globals";
import { inRegion, pod, review } from "./requests.ts";
import { appendingWith, startTestWebhook, type TestWebhook } from "./webhook.ts";

test("without a certificate the webhook lives and is not ready", async () => {
  const webhook = await startTestWebhook({ certified: false });
  await expect(webhook.get("/readyz")).rejects.toBeDefined();
  await webhook.rotate();
  expect(await webhook.get("/readyz")).toMatchObject({ status: 200, body: "ok\n" });
  await webhook.stop();
});

test("stopping finishes what is in flight, closes windows, and takes no more", async () => {
  const { promise: gate, resolve: release } = Promise.withResolvers<void>();
  const { promise: waiting, resolve: reached } = Promise.withResolvers<void>();
  const webhook = await startTestWebhook({
    // Longer than any machine takes to let the request through; no notary listens that a flush could wait for.
    drainSeconds: 60,
    journal: (outbox) => ({
      ...appendingWith(outbox, async (event) => {
        reached();
        await gate;
        await outbox.append(event);
      }),
      flush: async () => false,
    }),
  });
  const answer = webhook.post(review({ object: pod(inRegion("us-east-1")) }));
  await waiting;
  const stopped = webhook.stop();
  await untilItTakesNoMore(webhook);
  release();
  expect((await answer).json.response.auditAnnotations.receipt).toBeDefined();
  await stopped;
});

/** What connects in the moment before the port closes is still answered; nothing here needs the journal. */
async function untilItTakesNoMore(webhook: TestWebhook): Promise<void> {
  const lawful = review({ object: pod(inRegion("eu-west-1")) });
  const taken = () =>
    webhook.post(lawful).then(
      () => true,
      () => false,
    );
  while (await taken());
  await expect(webhook.post(lawful)).rejects.toMatchObject({ code: "ECONNREFUSED" });
}

test("told to stop, it says so and goes on deciding until requests have found another replica", async () => {
  const { promise: passed, resolve: pass } = Promise.withResolvers<void>();
  const asked: number[] = [];
  const webhook = await startTestWebhook({
    shutdownDelaySeconds: 7,
    wait: (ms) => {
      asked.push(ms);
      return passed;
    },
  });
  expect((await webhook.post(review())).ends).toBe(false);
  const stopped = webhook.stop();
  expect(await webhook.get("/readyz")).toMatchObject({ status: 503, body: "not ready: draining\n" });
  // The first over the connection that was open, the second over one of its own.
  for (let i = 0; i < 2; i++) {
    const reply = await webhook.post(review({ object: pod(inRegion("us-east-1")) }));
    expect(reply.json.response.auditAnnotations.receipt).toBeDefined();
    expect(reply.ends).toBe(true);
  }
  expect(asked).toEqual([7000]);
  pass();
  await stopped;
  await expect(webhook.post(review())).rejects.toBeDefined();
});
