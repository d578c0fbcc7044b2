import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RunningNotary } from "@companyos/notary";
import { blocked, type Rig, rig } from "@companyos/notary/testing/rig";
import type { Authenticator } from "@companyos/service";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { errors, request } from "undici";
import { type NotaryAddress, named } from "../src/notaries.ts";
import { listingOf } from "../src/receipts/list.ts";
import { receiptsText } from "../src/receipts/print.ts";
import type { Session } from "../src/session.ts";
import { companyos } from "./command.ts";
import { served } from "./served.ts";

let r: Rig;
let notary: RunningNotary;

/** Who owns the Tenant of today has the right for its name and its uid; an auditor has it for every name. */
const authorize: Authenticator["authorize"] = async ({ username }, { name }) =>
  username === "auditor" || name === "acme" || name === "acme:acme-2";

const refusal = (life: number) =>
  blocked("acme", 1_800_000_000_000 + life, { tenant: { name: "acme", uid: `acme-${life}` } });

beforeEach(async () => {
  r = await rig("eu-west-1");
  notary = await served(r, "eu-west-1", [refusal(1), refusal(2)], authorize);
});
afterEach(async () => {
  await notary.stop();
  await r.remove();
});

function listed(username: string, tenant = "acme", more: NotaryAddress[] = []) {
  const notaries = named([{ region: "eu-west-1", url: notary.url }, ...more]);
  const ask = (url: string) => request(url, { headers: { authorization: `Bearer ${username}` } });
  const flags = { tenant, log: [], type: "admission.blocked", limit: 100, timeout: 30 };
  return listingOf({ notaries, notariesOf: () => notaries, ask }, undefined, flags);
}

test("an owner of a Tenant made again is told that other Tenants of the name have receipts there, and no more", async () => {
  const { receipts, others, lacks } = await listed("owner");
  expect(receipts.map(({ uid }) => uid)).toEqual(["acme-2"]);
  expect({ others, lacks }).toEqual({ others: ["eu-west-1"], lacks: [] });
  expect(JSON.stringify({ receipts, others })).not.toContain("acme-1");
  expect(receiptsText(receipts)).not.toContain("TENANT UID");
});

test("an auditor sees every Tenant of the name, and which of them each receipt is of", async () => {
  const { receipts, others } = await listed("auditor");
  expect({ uids: receipts.map(({ uid }) => uid), others }).toEqual({
    uids: ["acme-1", "acme-2"],
    others: [],
  });
  const [header, ...rows] = receiptsText(receipts).split("\n");
  expect(header).toMatch(/^LOG +INDEX +TENANT UID +TIME/);
  expect(rows.map((row) => row.split(/ +/)[2])).toEqual(["acme-1", "acme-2"]);
});

test("while a log is silent nobody says that there is no receipt of a tenant; when all answered, it is said", async () => {
  const gone = await rig("us-east-1");
  const stopped = await served(gone, "us-east-1", []);
  await stopped.stop();
  const { receipts, lacks } = await listed("auditor", "globex", [{ region: "us-east-1", url: stopped.url }]);
  expect({ receipts, lacks: lacks.map(({ region, reason }) => `${region} ${reason}`) }).toEqual({
    receipts: [],
    lacks: ["us-east-1 unreachable"],
  });
  await expect(listed("auditor", "globex")).rejects.toThrow(
    "no receipt of tenant globex: eu-west-1 has none",
  );
  await gone.remove();
});

test("a silent log is waited for once: who it is, and what it has, are asked together", async () => {
  const asked: (readonly [string, number | undefined])[] = [];
  const both = Promise.withResolvers<void>();
  const silent = createServer(({ url }, response) => {
    if (asked.length === 2) both.resolve();
    void both.promise.then(() => response.destroy());
    expect(url).toMatch(/^\/v1\/(identity|receipts)/);
  });
  await once(silent.listen(0, "127.0.0.1"), "listening");
  try {
    const { port } = silent.address() as AddressInfo;
    const notaries = named([{ region: "us-east-1", url: `http://127.0.0.1:${port}` }]);
    const ask: Session["ask"] = (url, { timeoutMs } = {}) => {
      asked.push([new URL(url).pathname, timeoutMs]);
      return request(url);
    };
    const flags = { tenant: "acme", log: [], limit: 100, timeout: 5 };
    const { lacks } = await listingOf({ notaries, notariesOf: () => notaries, ask }, undefined, flags);
    expect(lacks.map(({ region }) => region)).toEqual(["us-east-1"]);
    expect(asked.sort()).toEqual([
      ["/v1/identity", 5_000],
      ["/v1/receipts", 5_000],
    ]);
  } finally {
    silent.close();
  }
});

test("how long a log may be silent is a flag, as prove has it", async () => {
  const { code, stderr } = await companyos("receipts", "list", "--log", "eu-west-1", "--timeout", "0");
  expect([code, stderr]).toEqual([2, expect.stringMatching(/--timeout.*expected seconds, 1 to 3600/)]);
});

test("a type that is none is refused with those that are", async () => {
  const { code, stderr } = await companyos("receipts", "list", "--tenant", "acme", "--type", "foo");
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/--type foo: there is no such type; there are .*admission\.blocked, /),
  });
});

test("older receipts are listed page by page over several logs, each once, until there are none", async () => {
  const other = await rig("us-east-1");
  const at = (i: number) =>
    blocked("acme", 1_800_000_000_000 + i * 1000, { tenant: { name: "acme", uid: "acme-1" } });
  const second = await served(other, "us-east-1", [0, 1, 2, 30, 31].map(at), authorize);
  await r.remove();
  await notary.stop();
  r = await rig("eu-west-1");
  notary = await served(r, "eu-west-1", [10, 11, 12, 13].map(at), authorize);
  try {
    const notaries = named([
      { region: "eu-west-1", url: notary.url },
      { region: "us-east-1", url: second.url },
    ]);
    const ask = (url: string) => request(url, { headers: { authorization: "Bearer auditor" } });
    const session = { notaries, notariesOf: () => notaries, ask };
    const page = (limit: number, positions?: ReadonlyMap<string, string>) =>
      listingOf(session, undefined, {
        ...{ tenant: "acme", log: [], type: "admission.blocked", limit, timeout: 30 },
        ...(positions && { continue: positions }),
      });
    const all = (await page(100)).receipts.map(({ log, idx }) => `${log} ${idx}`);
    expect(all).toHaveLength(9);
    const seen: string[] = [];
    let positions: ReadonlyMap<string, string> | undefined;
    for (let pages = 1; ; pages++) {
      const found = await page(2, positions);
      seen.unshift(...found.receipts.map(({ log, idx }) => `${log} ${idx}`));
      expect(pages).toBeLessThan(10);
      if (!found.more) break;
      positions = new Map(found.continue?.split(",").map((pair) => pair.split("=") as [string, string]));
    }
    expect(seen).toEqual(all);
    await expect(page(2, new Map([["mars-1", "7"]]))).rejects.toThrow(/mars-1: there is no such log/);
  } finally {
    await second.stop();
    await other.remove();
  }
});

test("a log that is silent for a page goes on where it was, and is no reason to say that there are no older ones", async () => {
  const other = await rig("us-east-1");
  const at = (i: number) =>
    blocked("acme", 1_800_000_000_000 + i * 1000, { tenant: { name: "acme", uid: "acme-1" } });
  const second = await served(other, "us-east-1", [0, 1, 2].map(at), authorize);
  try {
    const notaries = named([
      { region: "eu-west-1", url: notary.url },
      { region: "us-east-1", url: second.url },
    ]);
    let isSilent = true;
    const ask: Session["ask"] = (url) => {
      if (isSilent && url.startsWith(second.url)) return Promise.reject(new errors.SocketError("silent"));
      return request(url, { headers: { authorization: "Bearer auditor" } });
    };
    const page = async (limit: number, from?: string) => {
      const { receipts, continue: next } = await listingOf(
        { notaries, notariesOf: () => notaries, ask },
        undefined,
        {
          ...{ tenant: "acme", log: [], type: "admission.blocked", limit, timeout: 30 },
          ...(from && {
            continue: new Map(from.split(",").map((pair) => pair.split("=") as [string, string])),
          }),
        },
      );
      return [receipts.map(({ log, claims: { at } }) => `${log} ${at}`), next] as const;
    };
    const [, first] = await page(100);
    expect(first).toBe("eu-west-1=end,us-east-1=newest");
    isSilent = false;
    const [shown, then] = await page(1, first);
    expect(then).toMatch(/^us-east-1=\d+,eu-west-1=end$/);
    isSilent = true;
    expect(await page(1, then)).toEqual([[], then]);
    isSilent = false;
    const [rest, last] = await page(100, then);
    expect([rest.length, shown.length, last]).toEqual([2, 1, undefined]);
    expect(rest).not.toContain(shown[0]);
  } finally {
    await second.stop();
    await other.remove();
  }
});

test.each([
  [["--continue", "eu-west-1"], /expected what the page before said/],
  [["--since", "2999-01-01T00:00:00Z"], /--since 2999-01-01T00:00:00Z: that is yet to come/],
])("list %j is wrong use", async (words, told) => {
  const { code, stderr } = await companyos("receipts", "list", "--tenant", "acme", ...words);
  expect([code, stderr]).toEqual([2, expect.stringMatching(told)]);
});
