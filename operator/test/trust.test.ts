import { X509Certificate } from "node:crypto";
import { splitPem } from "@companyos/service";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { issueAuthority } from "../src/certificates/issue.ts";
import { markOf, nextForgotten, nextTrust, seenEverywhere, type Trust } from "../src/certificates/trust.ts";

const now = Date.UTC(2030, 0, 1);
const authority = (days = 30) => issueAuthority({ name: "test", now, days }).then(({ cert }) => cert.trim());
const [a, b, c, foreign] = (await Promise.all([1, 2, 3, 4].map(() => authority()))) as [
  string,
  string,
  string,
  string,
];
const keepMs = 1000;
const noTrust: Trust = { authorities: [], marks: {} };

test("an authority that is needed no more stays trusted for the time of keeping, then goes", () => {
  let trust = nextTrust({ published: noTrust, needed: [a, b], now, keepMs });
  trust = nextTrust({ published: trust, needed: [b], now: now + 10, keepMs });
  expect(trust.authorities).toEqual([b, a]);
  expect(nextForgotten(trust, keepMs)).toBe(now + 1010);
  expect(nextTrust({ published: trust, needed: [b], now: now + 1009, keepMs }).authorities).toEqual([b, a]);
  expect(nextTrust({ published: trust, needed: [b], now: now + 1010, keepMs }).authorities).toEqual([b]);
});

test("what an operator wrote whose clock is an hour ahead counts from now", () => {
  const ahead = now + 3600_000;
  let trust = nextTrust({ published: noTrust, needed: [a, b], now: ahead, keepMs });
  trust = nextTrust({ published: trust, needed: [b], now: ahead, keepMs });
  trust = nextTrust({ published: trust, needed: [b], now, keepMs });
  expect(nextForgotten(trust, keepMs)).toBe(now + keepMs);
});

test("an authority that is needed again is not forgotten", () => {
  let trust = nextTrust({ published: noTrust, needed: [a, b], now, keepMs });
  trust = nextTrust({ published: trust, needed: [b], now, keepMs });
  trust = nextTrust({ published: trust, needed: [a, b], now: now + 500, keepMs });
  expect(markOf(trust, a)).toEqual({});
  expect(nextForgotten(trust, keepMs)).toBe(Number.POSITIVE_INFINITY);
});

test("that an authority was seen everywhere is remembered as long as it is needed", () => {
  let trust = nextTrust({ published: noTrust, needed: [a], now, keepMs });
  expect(markOf(trust, a)).toEqual({});
  trust = seenEverywhere(trust, a, now + 1);
  trust = nextTrust({ published: trust, needed: [b, a], now: now + 2, keepMs });
  expect(markOf(trust, a)).toEqual({ everywhere: now + 1 });
});

test("what somebody else wrote into the bundle goes at once", () => {
  const trust = nextTrust({ published: noTrust, needed: [a], now, keepMs });
  const forged = { ...trust, authorities: [...trust.authorities, foreign, "no certificate"] };
  expect(nextTrust({ published: forged, needed: [a], now, keepMs })).toEqual(trust);
});

test("an expired authority is not trusted, needed or not", async () => {
  const short = await authority(1);
  const end = Date.parse(new X509Certificate(short).validTo);
  const trust = nextTrust({ published: noTrust, needed: [short, a], now: end - 1, keepMs });
  expect(trust.authorities).toEqual([short, a]);
  expect(nextTrust({ published: trust, needed: [short, a], now: end, keepMs }).authorities).toEqual([a]);
});

test("a bundle splits into its certificates, whatever stands between them", () => {
  expect(splitPem(`# first\n${a}\n\njunk ${b}`)).toEqual([a, b]);
  expect(splitPem("-----BEGIN CERTIFICATE-----\nAAAA")).toEqual([]);
});

test("through any history, whatever was needed less than the time of keeping ago is trusted, and nothing else", () => {
  const step = fc.record({
    needed: fc.uniqueArray(fc.constantFrom(a, b, c), { minLength: 1 }),
    wait: fc.integer({ min: 0, max: 1500 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let trust = noTrust;
      let time = now;
      /** When each was first found to be needed no more; undefined while it is. */
      const left = new Map<string, number | undefined>();
      for (const { needed, wait } of steps) {
        time += wait;
        trust = nextTrust({ published: trust, needed, now: time, keepMs });
        for (const [pem, at] of left) {
          if (!needed.includes(pem) && at === undefined) left.set(pem, time);
          else if (at !== undefined && time >= at + keepMs) left.delete(pem);
        }
        for (const pem of needed) left.set(pem, undefined);
        expect(new Set(trust.authorities)).toEqual(new Set(left.keys()));
        expect(trust.authorities.slice(0, needed.length)).toEqual(needed);
      }
    }),
  );
});
