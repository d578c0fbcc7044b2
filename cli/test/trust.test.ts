import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Rig, rig } from "@companyos/notary/testing/rig";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { composeTrust, type NotaryIdentity, trustFingerprint } from "../src/trust/compose.ts";
import { companyos } from "./command.ts";
import { served } from "./served.ts";

let dir: string;
let rigs: Rig[];
let identities: NotaryIdentity[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "trust-"));
  rigs = await Promise.all(["eu-west-1", "us-east-1"].map((region) => rig(region)));
  identities = await Promise.all(
    rigs.map(async (each, i) => {
      const notary = await served(each, ["eu-west-1", "us-east-1"][i]!, []);
      try {
        return (await (await fetch(`${notary.url}/v1/identity`)).json()) as NotaryIdentity;
      } finally {
        await notary.stop();
      }
    }),
  );
});
afterAll(async () => {
  await Promise.all(rigs.map((each) => each.remove()));
  await rm(dir, { recursive: true, force: true });
});

const fingerprint = (asked: readonly NotaryIdentity[], when: string, expires?: string) =>
  trustFingerprint(composeTrust(asked, { now: new Date(when), ...(expires && { expires }) }));

test("two people who ask the same notaries in one month compare the same fingerprint, whatever the order", () => {
  const [one, ...others] = [
    fingerprint(identities, "2026-11-01T00:00:00.000Z"),
    fingerprint(identities, "2026-11-27T15:04:05.678Z"),
    fingerprint(identities.toReversed(), "2026-11-30T23:59:59.999Z"),
  ];
  expect(others).toEqual([one, one]);
  expect(fingerprint(identities, "2026-12-01T00:00:00Z")).not.toBe(one);
  expect(fingerprint(identities, "2026-12-01T00:00:00Z", "2027-11-30T23:59:59Z")).toBe(one);
  expect(fingerprint(identities.slice(1), "2026-11-27T15:04:05Z")).not.toBe(one);
});

test("a trust file lasts to the end of its month in the next year", () => {
  const expires = (when: string) => composeTrust(identities, { now: new Date(when) }).expires;
  expect(expires("2026-11-27T15:04:05Z")).toBe("2027-11-30T23:59:59Z");
  expect(expires("2026-12-31T23:59:59Z")).toBe("2027-12-31T23:59:59Z");
  expect(expires("2027-02-28T00:00:00Z")).toBe("2028-02-29T23:59:59Z");
});

test("trust init leaves a file that is there, and says what to do", async () => {
  const file = join(dir, "trust.json");
  await writeFile(file, "before");
  expect(await companyos("trust", "init", "--out", file, "--kubeconfig", "no-such-file")).toMatchObject({
    code: 2,
    stderr: `companyos: ${file} exists: choose another name, or say --force\n`,
  });
  expect(await readFile(file, "utf8")).toBe("before");
});

test.each(["soon", "2027-02-30", "2020-01-01", "2027-11-30T00:00:00Z"])(
  "trust init --expires %s is refused in words",
  async (day) => {
    const { code, stderr } = await companyos("trust", "init", "--out", join(dir, "x"), "--expires", day);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/--expires.*(expected a day such as|that day is over)/),
    });
  },
);
