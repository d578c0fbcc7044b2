/** Faults inside a notary: the caller gets an id, the log has the cause, and it is counted. */

import { type Authenticator, createLogger } from "@companyos/service";
import type { Storage } from "@companyos/storage";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import type { RunningNotary } from "../src/options.ts";
import { breaking } from "./faults.ts";
import { driversIn } from "./folders.ts";
import { type Rig, region, rig, serveOver } from "./rig.ts";

let r: Rig;
let notary: RunningNotary;
let logs: Record<string, unknown>[];
let registry: Registry;
beforeEach(async () => {
  r = await rig();
  logs = [];
  registry = new Registry();
});
afterEach(async () => {
  await notary.stop();
  await r.remove();
});

const everybody = async () => ({ username: "auditor", uid: "", groups: [] });
async function serve(authenticator: Authenticator, storage = r.storage) {
  const log = createLogger({ role: "notary", write: (line) => void logs.push(JSON.parse(line)) });
  const { keys, endorsed } = await driversIn(r);
  notary = await serveOver({ region, keys, endorsed, storage, log, registry }, authenticator);
}
const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(notary.url + path, { headers: { authorization: "Bearer t", ...headers } });
const ready = async () => {
  const response = await get("/readyz");
  return (await response.text()) === "ok\n";
};
const faults = () => registry.getSingleMetricAsString("residency_faults_total");
/** The rig's storage, each `get` of which may fail first. */
const withGet = (before: (key: string) => void): Storage => ({
  ...breaking(r.storage, undefined).storage,
  async get(key) {
    before(key);
    return r.storage.get(key);
  },
});
const errors = () => logs.filter(({ level }) => level === "error");

test("a route that throws answers 500 without saying why; the log has the request's id and the cause", async () => {
  let broken = false;
  const storage = withGet((key) => {
    if (broken && key === "log/checkpoint") throw new TypeError("no such store");
  });
  await serve({ authenticate: everybody, authorize: async () => true }, storage);
  await until("the log was read", ready);
  broken = true;
  const response = await get("/checkpoint", { "x-request-id": "trace-7" });
  expect(response.status).toBe(500);
  expect(response.headers.get("x-request-id")).toBe("trace-7");
  expect(await response.json()).toEqual({
    code: "internal",
    message: "something failed here; the notary's log says what",
  });
  expect(errors()).toEqual([
    expect.objectContaining({
      request: "trace-7",
      path: "/checkpoint",
      error: expect.objectContaining({ message: "no such store" }),
    }),
  ]);
  expect(await faults()).toContain('{where="route"} 1');
  broken = false;
});

test("what the writer meets and nobody foresaw is counted, while it tries again", async () => {
  let broken = true;
  const storage = withGet(() => {
    if (broken) throw new TypeError("no such store");
  });
  await serve({ authenticate: everybody, authorize: async () => true }, storage);
  await until("the fault to be counted", faults, (text) => /\{where="background"\} [1-9]/.test(text));
  expect(errors()[0]).toMatchObject({ error: { message: "no such store" } });
  broken = false;
  await until("the log was read", ready);
});

test("a request without an id, or with one that is none, is given one", async () => {
  await serve({ authenticate: everybody, authorize: async () => true });
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  expect((await get("/v1/identity")).headers.get("x-request-id")).toMatch(uuid);
  const odd = await get("/v1/identity", { "x-request-id": "a b" });
  expect(odd.headers.get("x-request-id")).toMatch(uuid);
});

test("an authenticator that throws answers 503; only what nobody foresaw is a fault", async () => {
  let error: Error = new TypeError("no answer can be read");
  await serve({ authenticate: () => Promise.reject(error), authorize: async () => true });
  expect((await get("/v1/receipts?tenant=acme", { "x-request-id": "one" })).status).toBe(503);
  expect(errors()).toEqual([expect.objectContaining({ request: "one" })]);
  expect(await faults()).toContain('{where="route"} 1');
  error = Object.assign(new Error("the API server is away"), { code: "KUBE_UNREACHABLE" });
  expect((await get("/v1/receipts?tenant=acme", { "x-request-id": "two" })).status).toBe(503);
  expect(errors()).toHaveLength(1);
  expect(logs).toContainEqual(expect.objectContaining({ level: "warn", request: "two" }));
  expect(await faults()).toContain('{where="route"} 1');
});
