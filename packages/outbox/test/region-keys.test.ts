import { expect, test } from "@jest/globals";
import { event, timeoutMs } from "./peer.ts";
import { eventually, fresh, names, outboxOf, peerOf, region, stop } from "./rig.ts";

test("a notary that is away is waited for; its key was remembered, so appending goes on over a restart", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const first = await outboxOf(dir, peer);
  await first.append(event(region, "0"));
  expect(await first.flush(timeoutMs)).toBe(true);
  await peer.stop();
  await first.append(event(region, "1"));
  await stop(first);
  const second = await outboxOf(dir, peer);
  expect(second.journalId).toBe(first.journalId);
  await second.append(event(region, "2"));
  await eventually(() => second.stats().regions[region]!.state === "retrying", "retrying");
  expect(await second.flush(50)).toBe(false);
  expect(second.stats().regions[region]).toMatchObject({ backlogRecords: 2, keyed: true });
  expect(second.stats().regions[region]!.oldestAgeMs).toBeGreaterThan(0);
  await peer.start();
  expect(await second.flush(timeoutMs)).toBe(true);
  expect(names(peer, second)).toEqual(["0", "1", "2"]);
  expect(second.stats().regions[region]).toMatchObject({ state: "ok", oldestAgeMs: 0 });
});

test("without a key ever seen, append fails with no_region_key; once the notary comes it works", async () => {
  const peer = await peerOf();
  await peer.stop();
  const outbox = await outboxOf(fresh(), peer, { keyWaitMs: 1000 });
  await expect(outbox.append(event(region, "lost"))).rejects.toMatchObject({ code: "no_region_key" });
  expect(outbox.stats().regions[region]).toMatchObject({ keyed: false, durable: -1 });
  await peer.start();
  await eventually(() => outbox.stats().regions[region]!.keyed, "key learnt");
  await outbox.append(event(region, "kept"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(names(peer, outbox)).toEqual(["kept"]);
});

test("a public key that is given is used without asking", async () => {
  const peer = await peerOf();
  const publicKey = await peer.keys.publicJwk("journal");
  await peer.stop();
  const options = { regions: { [region]: { url: peer.url, publicKey } } };
  const outbox = await outboxOf(fresh(), peer, { options });
  await outbox.append(event(region, "0"));
  await peer.start();
  peer.intercept = (path) => (path === "/v1/identity" ? { status: 500, body: {} } : undefined);
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(names(peer, outbox)).toEqual(["0"]);
});

test("the notary is asked for its key again after an hour, also when the clock was set back by one meanwhile", async () => {
  const peer = await peerOf();
  let asked = 0;
  peer.intercept = (path) => {
    if (path === "/v1/identity") asked++;
    return undefined;
  };
  let [now, elapsed] = [1_800_000_000_000, 0];
  const outbox = await outboxOf(fresh(), peer, { now: () => now, elapsed: () => elapsed });
  await outbox.append(event(region, "a"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(asked).toBe(1);
  now -= 3_600_000;
  elapsed += 3_700_000;
  await outbox.append(event(region, "b"));
  await eventually(() => asked === 2, "the key is asked for");
});
