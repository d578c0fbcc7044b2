import { issueAuthority, issueServing } from "@companyos/operator/testing/parts";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Registry } from "prom-client";
import { chooseServing, createLogger, createTlsServer, type ServingPair } from "../src/index.ts";

const start = Date.UTC(2030, 0, 1);
const [hour, day] = [3_600_000, 24 * 3_600_000];
const authority = await issueAuthority({ name: "test", now: start - 100 * day, days: 400 });
const other = await issueAuthority({ name: "other", now: start, days: 30 });
/** Valid from a day before `at`, as all that we issue. */
const issued = (at: number, days: number, by = authority) =>
  issueServing({ authority: by, hosts: ["localhost"], now: at, days });
const good = await issued(start, 30);
const next = await issued(start, 31);
const ended = await issued(start - 10 * day, 5);
/** As a clock that is half an hour behind sees it. */
const early = await issued(start + day + hour / 2, 30);

let served: ServingPair[];
let logs: { level: string; msg: string }[];
let choice: ReturnType<typeof chooseServing>;
beforeEach(() => {
  jest.useFakeTimers({ now: start });
  [served, logs] = [[], []];
  const log = createLogger({ role: "test", write: (line) => void logs.push(JSON.parse(line)) });
  choice = chooseServing({ log, settleMs: 5_000, use: (pair) => served.push(pair) });
});
afterEach(() => {
  choice.stop();
  jest.useRealTimers();
});
const told = (level: string) => logs.filter((line) => line.level === level).map(({ msg }) => msg);

test("a pair that has ended does not replace one that is valid, and that is an error", () => {
  choice.trust(authority.cert);
  choice.offer(good);
  choice.offer(ended);
  jest.advanceTimersByTime(hour);
  expect(served).toEqual([good]);
  expect(told("error")).toEqual(["the new serving certificate has ended; the one before stays"]);
});

test("nor does it replace one that waits until it is trusted", () => {
  choice.trust(other.cert);
  choice.offer(good);
  choice.offer(next);
  choice.offer(ended);
  choice.trust(authority.cert);
  jest.advanceTimersByTime(10_000);
  expect(served).toEqual([good, next]);
});

test("where there is nothing better, one that has ended is served: clients are told why they fail", () => {
  choice.offer(ended);
  expect(served).toEqual([ended]);
  expect(told("error")).toEqual([
    "the serving certificate has ended: no client accepts it; it must be renewed",
  ]);
  choice.offer(good);
  expect(served).toEqual([ended, good]);
});

test("one that is not valid yet waits until it is, and is served at once where nothing better is", () => {
  choice.offer(good);
  choice.offer(early);
  jest.advanceTimersByTime(hour / 2 - 1_000);
  expect(served).toEqual([good]);
  jest.advanceTimersByTime(2_000);
  expect(served).toEqual([good, early]);
});

test("with nothing served yet, one that is not valid yet is served", () => {
  choice.offer(early);
  expect(served).toEqual([early]);
});

test.each([
  ["half a certificate", { ...next, cert: next.cert.slice(0, 400) }],
  ["no certificate", { ...next, cert: "" }],
  ["no key", { ...next, key: "" }],
  ["another key", { ...next, key: good.key }],
])("what can never be used does not wait to be trusted, and is reported once: %s", (_, pair) => {
  choice.trust(other.cert);
  choice.offer(good);
  choice.offer(pair);
  choice.offer(pair);
  expect(served).toEqual([good]);
  expect(told("error")).toEqual(["the serving certificate cannot be used; the one before stays"]);
  expect(told("info")).toEqual(["serving certificate in use"]);
});

test("the end of what is served is announced, and told, once each", () => {
  choice.offer(good);
  expect([told("warn"), told("error")]).toEqual([[], []]);
  jest.advanceTimersByTime(28 * day);
  expect([told("warn").length, told("error").length]).toEqual([1, 0]);
  jest.advanceTimersByTime(3 * day);
  expect([told("warn").length, told("error").length]).toEqual([1, 1]);
});

test("what whoever issues renews later than that is late later, also when it is said of what is served", () => {
  choice.trust(authority.cert);
  choice.offer(good);
  jest.advanceTimersByTime(10_000);
  choice.offer({ ...good, renewBeforeMs: 2 * hour });
  expect(served).toEqual([good, { ...good, renewBeforeMs: 2 * hour }]);
  jest.advanceTimersByTime(30 * day - 2 * hour);
  expect(told("warn")).toEqual([]);
  jest.advanceTimersByTime(hour);
  expect(told("warn")).toEqual(["the serving certificate ends soon, and nobody has renewed it"]);
});

test("when what is served goes back to where it was, nothing waits any more", () => {
  choice.trust(other.cert);
  choice.offer(good);
  choice.offer(next);
  choice.offer(good);
  choice.trust(authority.cert);
  jest.advanceTimersByTime(hour);
  expect(served).toEqual([good]);
});

describe("a TLS server", () => {
  const server = (registry = new Registry()) =>
    createTlsServer({ keepAliveMs: 1_000, requestMs: 10_000, registry });

  test("is not ready without a certificate, nor once the one it serves has ended", () => {
    const tls = server();
    expect(tls.notReady()).toEqual(["no serving certificate"]);
    tls.serve(good);
    expect(tls.notReady()).toEqual([]);
    jest.setSystemTime(start + 31 * day);
    expect(tls.notReady()).toEqual(["the serving certificate has ended"]);
    tls.serve(ended);
    expect(tls.notReady()).toEqual(["the serving certificate has ended"]);
  });

  test("a certificate that is not valid yet by this clock does not make it unready", () => {
    const tls = server();
    tls.serve(early);
    expect(tls.notReady()).toEqual([]);
  });

  test("tells when the certificate that it serves ends, and from when on that is late", async () => {
    const registry = new Registry();
    const tls = server(registry);
    expect(await registry.metrics()).not.toContain("residency_serving_certificate");
    tls.serve(good);
    expect(await registry.metrics()).toContain(
      `residency_serving_certificate_expires_timestamp_seconds ${(start + 30 * day) / 1000}`,
    );
    const lateBefore = async () => {
      const [, late] =
        /^residency_serving_certificate_late_timestamp_seconds (\d+)$/m.exec(await registry.metrics()) ?? [];
      return start + 30 * day - Number(late) * 1000;
    };
    // Valid from a day before its issue.
    expect(await lateBefore()).toBe((31 * day) / 10);
    tls.serve({ ...good, renewBeforeMs: 2 * hour });
    expect(await lateBefore()).toBe(hour);
  });
});
