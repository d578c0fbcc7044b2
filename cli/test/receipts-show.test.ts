import type { RunningNotary } from "@companyos/notary";
import { blocked, type Rig, rig } from "@companyos/notary/testing/rig";
import type { ReceiptEvent, SingleReceipt } from "@companyos/receipts";
import type { Authenticator } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { request } from "undici";
import { agoText } from "../src/durations.ts";
import { named } from "../src/notaries.ts";
import { namedTenants } from "../src/readable-tenants.ts";
import { findReceipt } from "../src/receipts/find.ts";
import { shownText } from "../src/receipts/print-one.ts";
import { verdictOf } from "../src/receipts/show.ts";
import { composeTrust, trustText } from "../src/trust/compose.ts";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";
import { served } from "./served.ts";

const { file, inFolder } = temporaryFolder("companyos-receipts-show-");
const now = Date.now();
const repeatedId = uuidv7(now);
/** The last of a sender whose clock is two days ahead of the notary's. */
const ids = [uuidv7(now), uuidv7(now), uuidv7(now), uuidv7(now + 2 * 86_400_000)] as const;
const logs = ["eu-west-1", "us-east-1"] as const;
/** An owner of acme, whose uid is acme-2; an auditor. */
const authorize: Authenticator["authorize"] = async ({ username }, { name }) =>
  username === "auditor" || name === "acme" || name === "acme:acme-2";

let rigs: Rig[];
let notaries: RunningNotary[];
beforeAll(async () => {
  const of = (name: string, uid: string, rid: string) =>
    blocked(name, now, { rid, tenant: { name, uid }, disclosable: { rid, namespace: name, name: "web" } });
  rigs = await Promise.all(logs.map((region) => rig(region)));
  notaries = [
    await served(
      rigs[0]!,
      logs[0],
      [of("acme", "acme-1", ids[0]), of("globex", "globex-1", ids[2]), of("globex", "globex-1", ids[3])],
      authorize,
    ),
    await served(
      rigs[1]!,
      logs[1],
      [
        of("acme", "acme-2", ids[1]),
        of("acme", "acme-2", repeatedId),
        repeatOf(of("acme", "acme-2", repeatedId), 3, 60_000),
        of("acme", "acme-2", uuidv7(now)),
        repeatOf(of("acme", "acme-2", repeatedId), 2, 120_000),
      ],
      authorize,
    ),
  ];
});
afterAll(async () => {
  for (const notary of notaries ?? []) await notary.stop();
  for (const r of rigs ?? []) await r.remove();
});

/** As the outbox tells a notary of it: everything is the first one's, but how many and until when. */
/** A receipt (SD-JWT) without the disclosures of these names, each of which it has. */
function without(names: readonly string[], receipt: string): string {
  const [leaf, ...disclosures] = receipt.split("~").slice(0, -1);
  const name = (one: string) => JSON.parse(Buffer.from(one, "base64url").toString())[1] as string;
  const kept = disclosures.filter((one) => !names.includes(name(one)));
  expect(kept).toHaveLength(disclosures.length - names.length);
  return `${[leaf, ...kept].join("~")}~`;
}

const repeatOf = (first: ReceiptEvent, count: number, after: number): ReceiptEvent => ({
  ...first,
  ...{ rid: uuidv7(now + after), type: "admission.repeated", at: now + after, count },
});

const asking = (username: string) => ({
  ask: (url: string) => request(url, { headers: { authorization: `Bearer ${username}` } }),
});
const find = (username: string, tenants: (string | undefined)[], id: string) =>
  findReceipt(
    asking(username),
    named(notaries.map(({ url }, i) => ({ region: logs[i]!, url }))),
    tenants,
    id,
    30_000,
  );

describe("one receipt", () => {
  test("is found by its id in the log that has it, and its proof holds by keys that somebody believes", async () => {
    const { found } = await find("owner", ["acme"], ids[1]);
    expect(found).toMatchObject({ tenant: "acme", row: { region: "us-east-1", disclosed: { rid: ids[1] } } });
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const verdict = await verdictOf(asking("owner"), found!, ids[1], trust);
    expect(verdict).toMatchObject({ valid: true, believed: "trust file" });
    const text = shownText(found!, verdict, now + 90_000);
    expect(text).toContain(`receipt    ${ids[1]}`);
    expect(text).toMatch(/decision +block, (\w+) \(companyos explain \1\)/);
    expect(text).toMatch(/happened +.*Z \(1 minute ago\)/);
    expect(text).toMatch(/\nVALID +signed by \S+, which the root key endorsed, and number \d+ of the \d+/);
    expect(text).not.toContain("--trust");
    expect(shownText(found!, await verdictOf(asking("owner"), found!, ids[1], undefined), now)).toContain(
      "by the keys that the notary itself shows; --trust FILE",
    );
  });

  test("is not valid by other keys, nor with another word in it, another place, another tree", async () => {
    const { found } = await find("owner", ["acme"], ids[1]);
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const judged = async (single: Partial<NonNullable<typeof found>["single"]>, believed = trust) => {
      const verdict = await verdictOf(
        asking("owner"),
        { ...found!, single: { ...found!.single, ...single } },
        ids[1],
        believed,
      );
      return verdict.valid ? "valid" : verdict.code;
    };
    const { receipt, proof, endorsement } = found!.single;
    const foreign = (await find("auditor", ["acme"], ids[0])).found!.single;
    expect(await judged({}, composeTrust([rigs[0]!.opened.identity]))).toBe("OTHER_LOG");
    expect(await judged({ endorsement: foreign.endorsement })).toMatch(/^ENDORSEMENT_/);
    expect(await judged({ receipt: foreign.receipt })).toBe("OTHER_LOG");
    expect(await judged({ receipt: receipt.replace(/.~/, "A~").replace(/.~/, "B~") })).toMatch(
      /RECEIPT_SIGNATURE|BASE64_NOT_CANONICAL/,
    );
    expect(await judged({ proof: proof.replace(/index \d+/, "index 0") })).toBe("INDEX_MISMATCH");
    expect(await judged({ proof: foreign.proof })).not.toBe("valid");
    const [head, index, first, ...rest] = proof.split("\n");
    const other = Buffer.alloc(32).toString("base64");
    expect(first).toHaveLength(44);
    expect(await judged({ proof: [head, index, other, ...rest].join("\n") })).toBe("ROOT_MISMATCH");
    for (const bad of [
      "",
      "c2sp.org/tlog-proof@v1",
      proof.replace("@v1", "@v2"),
      proof.replace("\n\n", "\n"),
    ])
      expect(await judged({ proof: bad })).toBe("PROOF_REFUSED");
    expect(await judged({ proof: proof.replace("index", "extra AAAA\nindex") })).toBe("valid");
    expect(await judged({ endorsement })).toBe("valid");
  });

  test("is what is proved, not what the notary lists beside it", async () => {
    const { found } = await find("owner", ["acme"], ids[1]);
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const lying = {
      ...found!,
      row: { ...found!.row, claims: { ...found!.row.claims, requested: ["mars-1"] } },
    };
    expect(await verdictOf(asking("owner"), lying, ids[1], trust)).toMatchObject({
      valid: false,
      code: "INDEX_MISMATCH",
    });
  });

  test("is not valid as another than the one asked for, or as another tenant's", async () => {
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const { found } = await find("auditor", ["acme"], ids[0]);
    const code = async (tenant: string | undefined, id: string) => {
      const verdict = await verdictOf(asking("auditor"), { ...found!, tenant }, id, trust);
      return verdict.valid ? "valid" : verdict.code;
    };
    expect(await code("acme", ids[0])).toBe("valid");
    expect(await code("acme", ids[2])).toBe("OTHER_RECEIPT");
    expect(await code("globex", ids[0])).toBe("OTHER_TENANT");
    expect(await code(undefined, ids[0])).toBe("OTHER_TENANT");
  });

  test("that was repeated is the first of its id, with how often and until when; all of it proved", async () => {
    const { found } = await find("owner", ["acme"], repeatedId);
    expect(found).toMatchObject({
      row: { claims: { type: "admission.blocked", count: 1 }, disclosed: { rid: repeatedId } },
      repeats: [{ row: { claims: { count: 3 } } }, { row: { claims: { count: 2 } } }],
    });
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const verdict = await verdictOf(asking("owner"), found!, repeatedId, trust);
    const text = shownText(found!, verdict, now + 180_000);
    expect(text).toMatch(/\ntype +admission\.blocked\n/);
    expect(text).toMatch(
      /\nrepeated +5 times until \S+Z \(1 minute ago\): index \d+, \d+, type admission\.repeated\n/,
    );
    expect(text).toContain("\nVALID");
    const [one, other] = found!.repeats;
    const more = { ...other!.row, claims: { ...other!.row.claims, count: 9 } };
    const lying = { ...found!, repeats: [one!, { ...other!, row: more }] };
    expect(await verdictOf(asking("owner"), lying, repeatedId, trust)).toMatchObject({
      code: "INDEX_MISMATCH",
    });
    const trustFile = await file("trust.json", trustText(trust));
    const whole = {
      ...{ receipt: found!.row, single: found!.single },
      repeats: found!.repeats.map(({ row, single }) => ({ receipt: row, single })),
    };
    const verify = async (content: object, ...more: string[]) =>
      companyos(
        "verify",
        await file("repeated.json", JSON.stringify(content)),
        "--trust",
        trustFile,
        ...more,
      );
    expect(await verify(whole)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nrepeated +5 times/),
    });
    expect(JSON.parse((await verify(whole, "--output", "json")).stdout).repeats).toMatchObject([
      { claims: { count: 3 } },
      { claims: { count: 2 } },
    ]);
    const foreign = (await find("owner", ["acme"], ids[1])).found!;
    expect(await verify({ ...whole, repeats: [{ single: foreign.single }] })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/nothing shows that .* counts repeats of the first/),
    });
    const [early] = whole.repeats;
    const withoutId = ({ single }: { single: SingleReceipt }) => ({
      single: { ...single, receipt: without(["rid"], single.receipt) },
    });
    for (const [what, content] of Object.entries({
      "one twice": { ...whole, repeats: [early, early] },
      "in another order": { ...whole, repeats: whole.repeats.toReversed() },
      "ids withheld": { ...withoutId(whole), repeats: [withoutId(early!)] },
    }))
      expect([what, await verify(content)]).toMatchObject([what, { code: 2, stdout: "" }]);
  });

  test("of which fields are not disclosed says so, and which", async () => {
    const { found } = await find("owner", ["acme"], ids[1]);
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const receipt = without(["rid", "name", "namespace"], found!.single.receipt);
    const single = { ...found!.single, receipt };
    const path = await file("withheld.json", JSON.stringify(single));
    const trustFile = await file("trust.json", trustText(trust));
    const { code, stdout } = await companyos("verify", path, "--trust", trustFile);
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^receipt +\(not disclosed\)\n/),
    });
    expect(stdout).toMatch(/\nobject +\S+ \(not disclosed\)\n/);
    expect(stdout).toMatch(/\nwithheld +rid, namespace, name: the receipt has a digest of each/);
    const json = await companyos("verify", path, "--trust", trustFile, "--output", "json");
    expect(JSON.parse(json.stdout)).toMatchObject({ valid: true, withheld: ["rid", "namespace", "name"] });
  });

  test("is checked offline from what --output json printed, or the part of it that has the proof", async () => {
    const { found } = await find("owner", ["acme"], ids[1]);
    const { row, single, tenant } = found!;
    const trust = composeTrust(rigs.map(({ opened }) => opened.identity));
    const trustFile = await file("trust.json", trustText(trust));
    const whole = { receipt: row, tenant, verdict: {}, single };
    for (const content of [whole, single, { single }]) {
      const path = await file("receipt.json", JSON.stringify(content, null, 2));
      const { code, stdout } = await companyos("verify", path, "--trust", trustFile);
      expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^receipt +\S+\n/) });
      expect(stdout).toContain(ids[1]);
      expect(stdout).toMatch(/\nVALID +signed by \S+.*\ntrust version 1, sha256:/s);
    }
    const json = await companyos(
      "verify",
      inFolder("receipt.json"),
      "--trust",
      trustFile,
      "--output",
      "json",
    );
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ valid: true, origin: row.claims.iss, trust: { version: 1 } },
      receipt: { idx: row.idx, claims: row.claims, disclosed: row.disclosed },
    });
    // As long as it was, so that the signature itself is tried.
    const at = single.receipt.indexOf("~") - 20;
    const otherwise = single.receipt[at] === "A" ? "B" : "A";
    const changed = {
      ...single,
      receipt: `${single.receipt.slice(0, at)}${otherwise}${single.receipt.slice(at + 1)}`,
    };
    const forged = await companyos(
      "verify",
      await file("forged.json", JSON.stringify(changed)),
      "--trust",
      trustFile,
    );
    expect(forged).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^INVALID .*\nreason +[A-Z_0-9]+, see/),
    });
    const other = await file("other.json", trustText(composeTrust([rigs[0]!.opened.identity])));
    const elsewhere = await companyos(
      "verify",
      inFolder("receipt.json"),
      "--trust",
      other,
      "--output",
      "json",
    );
    expect([elsewhere.code, JSON.parse(elsewhere.stdout)]).toMatchObject([
      1,
      { valid: false, code: "OTHER_LOG" },
    ]);
    const late = await file("late.json", trustText({ ...trust, expires: "2020-01-01T00:00:00Z" }));
    expect((await companyos("verify", inFolder("receipt.json"), "--trust", late)).stdout).toContain(
      "TRUST_EXPIRED",
    );
    const flag = await companyos(
      "verify",
      inFolder("receipt.json"),
      "--trust",
      trustFile,
      "--tenant",
      "acme",
    );
    expect(flag).toMatchObject({ code: 2, stderr: expect.stringMatching(/--tenant is for evidence/) });
    const half = await file("half.json", JSON.stringify({ receipt: single.receipt }));
    expect(await companyos("verify", half, "--trust", trustFile)).toMatchObject({
      ...{
        code: 2,
        stderr: expect.stringMatching(/no receipt with its proof: expected what companyos receipts show/),
      },
    });
  });

  test("of an earlier Tenant of the name, or of another tenant, is not shown to an owner", async () => {
    for (const id of [ids[0], ids[2]]) {
      const { found, lacks } = await find("owner", ["acme"], id);
      expect(found).toBeUndefined();
      // The log that knows only the earlier Tenant says no.
      expect(lacks.map(({ region, reason }) => `${region} ${reason}`)).toEqual(["eu-west-1 forbidden"]);
    }
    const globex = await find("owner", ["globex"], ids[2]);
    expect(globex.found).toBeUndefined();
    expect(new Set(globex.lacks.map(({ reason }) => reason))).toEqual(new Set(["forbidden"]));
    expect((await find("auditor", ["acme", "globex"], ids[2])).found).toMatchObject({ tenant: "globex" });
  });

  test("of a sender whose clock is far ahead is found all the same", async () => {
    expect((await find("auditor", ["globex"], ids[3])).found).toMatchObject({ tenant: "globex" });
  });

  test("that is nowhere is not there, and nothing lacks", async () => {
    expect(await find("auditor", ["acme", undefined], uuidv7())).toEqual({ lacks: [] });
  });
});

test.each([
  [["show"], /missing required argument 'id'/],
  [["show", "42"], /42: expected the id of a receipt/],
  [["show", ids[0], "--tenant", "Acme"], /--tenant Acme: no Tenant has such a name/],
  [["show", ids[0], "--trust", "no-such-file"], /the trust file no-such-file cannot be read/],
  [
    ["list", "--tenant", "acme", "--type", "admission.block"],
    /no such type \(did you mean admission\.blocked\?\); there are /,
  ],
])("receipts %j is wrong use", async (words, told) => {
  const { code, stderr } = await companyos("receipts", ...words);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(told) });
});

test("rules of a person name the Tenants that they own, and nobody else's rules do", () => {
  const group = "residency.companyos.io";
  const rule = (resources: string[], resourceNames: string[] | undefined, verbs = ["get"]) => ({
    ...{ apiGroups: [group], resources, verbs },
    ...(resourceNames && { resourceNames }),
  });
  expect(
    namedTenants([
      rule(["tenants"], ["globex"]),
      rule(["tenants"], ["acme"], ["get", "watch"]),
      rule(["tenants"], ["acme"]),
      rule(["tenants/evidence"], ["acme", "acme:uid"], ["get", "create"]),
      rule(["tenants"], undefined),
      { ...rule(["tenants"], ["other"]), apiGroups: ["elsewhere"] },
    ]),
  ).toEqual(["acme", "globex"]);
});

test.each([
  [0, "0 seconds ago"],
  [59_000, "59 seconds ago"],
  [3_600_000, "1 hour ago"],
  [-60_000, "in 1 minute"],
  [200_000_000, "2 days ago"],
])("%i ms ago is %s", (ms, text) =>
  expect(agoText(now - ms, now).replace("now", "0 seconds ago")).toBe(text),
);
