import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningNotary } from "@companyos/notary";
import { blocked, type Rig, rig } from "@companyos/notary/testing/rig";
import { newHandle, type ReceiptEvent, verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { request } from "undici";
import { type GatherOptions, gather } from "../src/evidence/gather.ts";
import { merged } from "../src/evidence/merged.ts";
import { NoLogResponded } from "../src/evidence/no-evidence.ts";
import { readCheckpoints } from "../src/evidence/since.ts";
import { writeEvidence } from "../src/evidence/write.ts";
import { named } from "../src/notaries.ts";
import { verifyCommand } from "../src/prove/run.ts";
import { signInTo } from "../src/sign-in.ts";
import { composeTrust } from "../src/trust/compose.ts";
import { run } from "./command.ts";
import { served } from "./served.ts";

const regions = ["ap-south-1", "eu-west-1", "us-east-1"] as const;
type Region = (typeof regions)[number];

let dir: string;
let rigs: Record<Region, Rig>;
let notaries: Partial<Record<Region, RunningNotary>>;
let strangers: Server[];
/** URLs of servers that never say anything. Nobody waits long for these; the others have all the time there is. */
let silent: Set<string>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "prove-"));
  notaries = {};
  strangers = [];
  silent = new Set();
  rigs = Object.fromEntries(
    await Promise.all(regions.map(async (region) => [region, await rig(region)] as const)),
  ) as Record<Region, Rig>;
});
afterEach(async () => {
  await Promise.all(Object.values(notaries).map((notary) => notary.stop()));
  for (const server of strangers) server.close().closeAllConnections();
  await Promise.all(Object.values(rigs).map((r) => r.remove()));
  await rm(dir, { recursive: true, force: true });
});

/** Logs what happened to tenants, then lets the notary of that log answer. Its URL. */
async function serve(region: Region, ...events: ReceiptEvent[]): Promise<string> {
  const notary = await served(rigs[region], region, events);
  notaries[region] = notary;
  return notary.url;
}

/** A server in a notary's place. */
async function inPlace(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  strangers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function inPlaceSilent(): Promise<string> {
  const url = await inPlace(() => {});
  silent.add(url);
  return url;
}

const refusal = (life: number, extra: Partial<ReceiptEvent> = {}): ReceiptEvent =>
  blocked("acme", 1_800_000_000_000, { tenant: { name: "acme", uid: `acme-${life}` }, ...extra });

function moved(life: number, from: string, to: string): ReceiptEvent {
  const link = newHandle((length) => new Uint8Array(length)).replaceAll(/[_-]/g, "0");
  const uid = `acme-${life}`;
  const details = { link, from: { region: from, uid }, to: { region: to, uid } };
  return refusal(life, {
    type: "tenant.handover",
    decision: "none",
    kind: "Tenant",
    requested: [],
    disclosable: { details },
  });
}

const out = () => join(dir, "acme.evidence");

/** What `companyos prove` does between finding out whom to ask and telling what it got. */
async function proved(
  urls: Record<string, string> | [region: string, url: string][],
  more: Partial<GatherOptions> = {},
) {
  const spool = await mkdtemp(join(dir, "spool-"));
  const pairs = Array.isArray(urls) ? urls : Object.entries(urls);
  const notaries = named(pairs.map(([region, url]) => ({ region, url })));
  const session: GatherOptions["session"] = {
    notaries,
    notariesOf(region) {
      const found = notaries.filter((notary) => notary.region === region);
      if (found.length > 0) return found;
      throw new Error(`where the notary of ${region} is, is not known`);
    },
    ask(url, { method = "GET", body, timeoutMs } = {}) {
      const limit = timeoutMs && (silent.has(new URL(url).origin) ? 100 : timeoutMs);
      return request(url, {
        method,
        headers: { authorization: "Bearer auditor", "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(limit && { headersTimeout: limit, bodyTimeout: limit }),
      });
    },
  };
  const gathered = await gather({
    session,
    tenant: "acme",
    home: undefined,
    log: [],
    lost: [],
    since: [],
    timeoutMs: 30_000,
    dir: spool,
    body: (since) => ({ tenant: "acme", nonce: "7f3c", ...(since.length > 0 ? { since } : {}) }),
    ...more,
  });
  await writeEvidence(out(), gathered);
  await rm(spool, { recursive: true });
  const lines = (await readFile(out(), "latin1")).split("\n");
  return {
    lacks: gathered.lacks.map(({ region, reason }) => `${region} ${reason}`),
    /** First line, then what begins each part, then the lacks. */
    outline: lines
      .filter((line) => /^(evidence|log|n|l) /.test(line))
      .map((line) => line.replace(/^(log \S+|n) .*/, "$1")),
    lines,
  };
}

describe("prove", () => {
  test("gets a part from every log, in order of origin: a bundle where the name has receipts, else a signed absence", async () => {
    const urls = {
      "us-east-1": await serve("us-east-1", refusal(1)),
      "eu-west-1": await serve("eu-west-1", refusal(1), refusal(2)),
      "ap-south-1": await serve("ap-south-1", blocked("globex")),
    };
    const { lacks, outline, lines } = await proved(urls);
    expect(lacks).toEqual([]);
    expect(outline).toEqual([
      "evidence 3",
      "n",
      "log eu-west-1.log.companyos.io",
      "log us-east-1.log.companyos.io",
    ]);
    expect(lines.at(-1)).toBe("");
    expect(await readdir(dir)).toEqual(["acme.evidence"]);
  });

  test("writes down a log that does not answer, one that breaks off, and one that is silent, and goes on without them", async () => {
    const eu = await serve("eu-west-1", refusal(1));
    const closed = await inPlace(() => {});
    strangers.pop()?.close();
    const cut = await inPlace((_request, response) => {
      response.write("log us-east-1.log.companyos.io 3\n", () => response.destroy());
    });
    const dumb = await inPlaceSilent();
    const { lacks, outline } = await proved({ "eu-west-1": eu, a: closed, b: cut, c: dumb });
    expect(lacks).toEqual(["a unreachable", "b cut", "c timed_out"]);
    expect(outline).toEqual([
      "evidence 4",
      "log eu-west-1.log.companyos.io",
      "l a unreachable",
      "l b cut",
      "l c timed_out",
    ]);
  });

  test("writes the words of the logs that have no receipt while another log is silent: that one may be the only home", async () => {
    const dumb = await inPlaceSilent();
    const urls = { "eu-west-1": await serve("eu-west-1", blocked("globex")), "us-east-1": dumb };
    const { lacks, outline, lines } = await proved(urls, { home: "us-east-1" });
    expect(lacks).toEqual(["us-east-1 timed_out"]);
    expect(outline).toEqual(["evidence 2", "n", "l us-east-1 timed_out"]);
    const trust = composeTrust([await (await fetch(`${urls["eu-west-1"]}/v1/identity`)).json()] as never);
    const verdict = await verifyEvidence(Buffer.from(lines.join("\n"), "latin1"), {
      trust,
      crypto: nodeCrypto,
      now: Date.now(),
    });
    expect(verdict).toMatchObject({ valid: true, complete: false });
  });

  test("does not say that there is no evidence when no log could be asked, and says which right lacks when none may be", async () => {
    const closed = await inPlace(() => {});
    strangers.pop()?.close();
    const no = { code: "forbidden", message: "auditor may not" };
    const forbidding = await inPlace((_request, response) => response.writeHead(403).end(JSON.stringify(no)));
    const dumb = await inPlaceSilent();
    const unheard = proved({ a: closed, b: dumb, c: forbidding });
    await expect(unheard).rejects.toThrow(NoLogResponded);
    await expect(unheard).rejects.toThrow(
      /^no log could be asked about tenant acme: .*b no response in time/,
    );
    const forbidden = proved({ a: forbidding });
    await expect(forbidden).rejects.not.toThrow(NoLogResponded);
    await expect(forbidden).rejects.toThrow(/you may not ask .*auditors and the tenant's owners may/i);
    const one = { "eu-west-1": await serve("eu-west-1", blocked("globex")), a: closed };
    await expect(proved(one, { log: ["eu-west-1"] })).rejects.toThrow(/there is no evidence of tenant acme/);
  });

  test("says of a refusal, a failure, an old notary and a stranger which it was", async () => {
    const answering = (status: number, body: unknown) =>
      inPlace((_request, response) => response.writeHead(status).end(JSON.stringify(body)));
    const urls = {
      "eu-west-1": await serve("eu-west-1", refusal(1)),
      a: await answering(403, { code: "forbidden", message: "auditor may not" }),
      b: await answering(500, { code: "internal", message: "something failed" }),
      c: await answering(404, { code: "unknown", message: "tenant acme has no receipt in this log" }),
      d: await answering(200, "hello"),
      e: await answering(404, "no such page"),
    };
    expect((await proved(urls)).lacks).toEqual([
      "a forbidden",
      "b failed",
      "c no_absence",
      "d malformed",
      "e refused",
    ]);
  });

  test("asks again who is busy, and is told", async () => {
    const real = await serve("eu-west-1", refusal(1));
    let asked = 0;
    const busy = await inPlace((asking, response) => {
      if (asking.url === "/v1/identity") return response.writeHead(404).end();
      if (asked++ === 0) return response.writeHead(429, { "retry-after": "1" }).end('{"code":"busy"}');
      response.writeHead(307, { location: real + asking.url }).end();
      return;
    });
    const { lacks } = await proved({ "eu-west-1": real, a: busy });
    expect({ asked, lacks }).toEqual({ asked: 2, lacks: ["a refused"] });
  });

  test("misses the home of a Tenant whose notary nobody knows, and every former home that a handover names", async () => {
    const urls = { "eu-west-1": await serve("eu-west-1", refusal(1), moved(1, "mars-1", "eu-west-1")) };
    const { lacks, outline } = await proved(urls, { home: "venus-1" });
    expect(lacks).toEqual(["venus-1 no_notary", "mars-1 no_notary"]);
    expect(outline.slice(2)).toEqual(["l mars-1 no_notary", "l venus-1 no_notary"]);
  });

  test("asks one log alone when told to, and writes down that the others were not asked", async () => {
    const urls = {
      "eu-west-1": await serve("eu-west-1", refusal(1)),
      "us-east-1": await serve("us-east-1", refusal(1)),
    };
    const { lacks, outline } = await proved(urls, { log: ["us-east-1"], home: "venus-1" });
    expect(lacks).toEqual(["eu-west-1 not_asked", "venus-1 not_asked"]);
    expect(outline[1]).toBe("log us-east-1.log.companyos.io");
    await expect(proved(urls, { log: ["mars-1"] })).rejects.toThrow("mars-1");
  });

  test("sends a checkpoint kept from before to the notary of its own log, which proves from it", async () => {
    const urls = {
      "eu-west-1": await serve("eu-west-1", refusal(1)),
      "us-east-1": await serve("us-east-1", blocked("globex")),
    };
    const files = await Promise.all(
      Object.entries(urls).map(async ([region, url]) => {
        const file = join(dir, `${region}.checkpoint`);
        await writeFile(file, await (await fetch(`${url}/checkpoint`)).text());
        return file;
      }),
    );
    await proved(urls);
    const { lines } = await proved(urls, { since: await readCheckpoints(files) });
    // Us did not grow, so that its checkpoint of before is the one it closes with.
    expect(lines.filter((line) => line.startsWith("c "))).toHaveLength(3);
    const foreign = await readCheckpoints(files.slice(1));
    await expect(proved(urls, { log: ["eu-west-1"], since: foreign })).rejects.toThrow(
      /us-east-1\.checkpoint/,
    );
    await expect(readCheckpoints([out()])).rejects.toThrow(/no signed checkpoint/);
    await expect(readCheckpoints([join(dir, "none")])).rejects.toThrow(/cannot be read/);
  });

  test("leaves what was written before as it is when the question is refused, or nobody knows the tenant", async () => {
    await writeFile(out(), "before");
    const urls = { "eu-west-1": await serve("eu-west-1", blocked("globex")) };
    await expect(proved(urls)).rejects.toThrow(/no evidence of tenant acme: eu-west-1 has no receipt of it/);
    await expect(proved(urls, { body: () => ({ tenant: "acme", period: { to: "soon" } }) })).rejects.toThrow(
      /eu-west-1 refused: .*period\.to/,
    );
    expect(await readFile(out(), "latin1")).toBe("before");
  });

  test("stops at a mistake of one's own, which says nothing about any log", async () => {
    const url = await serve("eu-west-1", refusal(1));
    const [missing, empty] = [join(dir, "no-such-token"), join(dir, "empty-token")];
    await writeFile(empty, "\n");
    for (const [tokenFile, trouble] of [
      [missing, `--token-file ${missing} cannot be read`],
      [empty, `--token-file ${empty} holds no bearer token`],
    ] as const) {
      // With a file nobody is asked for a token.
      const signIn = signInTo(undefined as never, { namespace: "companyos-system", tokenFile });
      const session: GatherOptions["session"] = {
        notaries: named([{ region: "eu-west-1", url }]),
        notariesOf: () => named([{ region: "eu-west-1", url }]),
        ask: (to) => signIn((token) => request(to, { headers: { authorization: `Bearer ${token}` } })),
      };
      await expect(proved({}, { session })).rejects.toThrow(trouble);
    }
  });

  test("refuses a notary that keeps the log of another region than it is said to: nothing is written under a wrong name", async () => {
    const [eu, us] = [await serve("eu-west-1", refusal(1)), await serve("us-east-1", refusal(1))];
    for (const urls of [
      { "eu-west-1": eu, foo: us },
      { "eu-west-1": us, "us-east-1": eu },
    ])
      await expect(proved(urls)).rejects.toThrow(/the log there is .* of (us-east-1|eu-west-1): correct/);
    expect(await readdir(dir)).not.toContain("acme.evidence");
  });

  test("asks every notary of a region that has several, and says of the region once that one of them gave nothing", async () => {
    const [eu, us] = [await serve("eu-west-1", refusal(1)), await serve("us-east-1", refusal(1))];
    const gone = await inPlace(() => {});
    const other = await inPlace(() => {});
    for (const server of strangers.splice(0)) server.close();
    const { lacks, outline } = await proved([
      ["eu-west-1", gone],
      ["eu-west-1", eu],
      ["eu-west-1", other],
      ["us-east-1", us],
    ]);
    expect(lacks).toEqual(["eu-west-1 unreachable", "eu-west-1 unreachable"]);
    expect(outline).toEqual([
      "evidence 3",
      "log eu-west-1.log.companyos.io",
      "log us-east-1.log.companyos.io",
      "l eu-west-1 unreachable",
    ]);
    const alone = await proved(
      [
        ["us-east-1", us],
        ["eu-west-1", gone],
        ["eu-west-1", eu],
      ],
      { log: ["eu-west-1"] },
    );
    expect(alone.lacks).toEqual(["us-east-1 not_asked", "eu-west-1 unreachable"]);
  });

  test("writes down a log that is lost for good, beside its successor in the same region", async () => {
    const urls = { "eu-west-1": await serve("eu-west-1", refusal(1), moved(1, "mars-1", "eu-west-1")) };
    const { lacks, outline } = await proved(urls, {
      home: "venus-1",
      lost: ["eu-west-1", "venus-1", "mars-1"],
    });
    expect(lacks).toEqual(["eu-west-1 lost", "venus-1 lost", "mars-1 lost"]);
    expect(outline.slice(2)).toEqual(["l eu-west-1 lost", "l mars-1 lost", "l venus-1 lost"]);
  });

  test("takes no two responses of one log for two logs", async () => {
    const url = await serve("eu-west-1", refusal(1));
    await expect(proved({ "eu-west-1": url, "us-east-1": url })).rejects.toThrow(/both respond as the log/);
  });
});

test("a reader that takes the beginning of the evidence alone, such as head, is no error", async () => {
  const file = join(dir, "part");
  // More than a pipe holds.
  await writeFile(file, `log eu-west-1.log.companyos.io 1\n${"r x\n".repeat(1_000_000)}`);
  const parts = [{ origin: "eu-west-1.log.companyos.io", file }];
  const program = `import { writeEvidence } from "./cli/src/evidence/write.ts";
    await writeEvidence("-", { parts: ${JSON.stringify(parts)}, lacks: [] });
    console.error("written");`;
  const piped = 'set -o pipefail; "$0" --input-type=module -e "$1" | head -n 1';
  expect(await run("bash", ["-c", piped, process.execPath, program])).toEqual({
    code: 0,
    stdout: "evidence 1\n",
    stderr: "written\n",
  });
});

test("lists of several logs are put together by time, and none loses its own order", () => {
  const [eu, us, none] = [[10, 40, 30, 90], [20, 35, 95], []];
  expect(merged([us, eu, none], (at) => at)).toEqual([10, 20, 35, 40, 30, 90, 95]);
});

test.each([
  [{ out: "acme.evidence" }, "companyos verify acme.evidence --trust trust.json"],
  [
    { out: "of acme's", audience: "auditor@example.com", nonce: "7f3c $HOME" },
    "companyos verify 'of acme'\\''s' --trust trust.json --audience auditor@example.com --nonce '7f3c $HOME'",
  ],
])("the command that checks %j insists on what was asked for", async (asked, command) => {
  expect(verifyCommand(asked)).toBe(command);
  const { stdout } = await run("sh", ["-c", `companyos() { printf '%s\\n' "$@"; }; ${command}`]);
  expect(stdout.split("\n").slice(0, -1)).toEqual([
    ...["verify", asked.out, "--trust", "trust.json"],
    ...("nonce" in asked ? ["--audience", asked.audience, "--nonce", asked.nonce] : []),
  ]);
});
