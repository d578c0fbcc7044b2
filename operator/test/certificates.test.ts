import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { issueAuthority, issueServing } from "../src/certificates/issue.ts";
import { renewAt, renewalReason } from "../src/certificates/renewal.ts";

const now = Date.now();
const day = 24 * 60 * 60 * 1000;
const hosts = ["companyos-webhook.companyos-system.svc", "localhost", "127.0.0.1"];

test.each([
  ["as ours", 0],
  ["an hour ahead", 3600_000],
  ["another zone's, fourteen hours ahead", 14 * 3600_000],
  ["an hour behind", -3600_000],
])(
  "a serving certificate is accepted by a TLS client that trusts only its authority; its issuer's clock: %s",
  async (_clock, skew) => {
    const authority = await issueAuthority({ name: "companyos", now: now + skew, days: 3650 });
    const pair = await issueServing({ authority, hosts, now: now + skew, days: 90 });
    const server = createServer(pair, (_request, response) => response.end("hello"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      for (const host of ["localhost", "127.0.0.1"]) {
        const call = request({ host, port, ca: authority.cert, lookup: undefined, family: 4 }).end();
        const [response] = await once(call, "response");
        expect(response.statusCode).toBe(200);
        response.resume();
      }
      const stranger = await issueAuthority({ name: "companyos", now, days: 3650 });
      const refused = request({ host: "localhost", port, ca: stranger.cert, family: 4 }).end();
      await expect(once(refused, "response")).rejects.toMatchObject({ code: expect.any(String) });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  },
);

test("an authority may not sign further authorities", async () => {
  const authority = await issueAuthority({ name: "companyos", now, days: 3650 });
  const certificate = new X509Certificate(authority.cert);
  expect(certificate.ca).toBe(true);
  const serving = new X509Certificate((await issueServing({ authority, hosts, now, days: 90 })).cert);
  expect(serving.ca).toBe(false);
  expect(serving.checkIssued(certificate)).toBe(true);
});

test("a certificate is renewed when missing, unreadable, two thirds through, short of a name, or signed by a stranger", async () => {
  const authority = await issueAuthority({ name: "companyos", now, days: 3650 });
  const other = await issueAuthority({ name: "companyos", now, days: 3650 });
  const pair = await issueServing({ authority, hosts, now, days: 90 });
  const check = (change: object) =>
    renewalReason({ ...pair, now, hosts, authorities: [authority.cert], ...change });
  expect(check({})).toBeUndefined();
  expect(check({ cert: undefined })).toBe("missing");
  expect(check({ cert: "no certificate" })).toBe("unreadable");
  expect(check({ now: now + 59 * day })).toBeUndefined();
  expect(check({ now: now + 61 * day })).toBe("expiring");
  expect(check({ now: now - day / 2 })).toBeUndefined();
  expect(check({ now: now - 2 * day })).toBe("early");
  expect(check({ hosts: [...hosts, "another.example"] })).toBe("hosts");
  expect(check({ authorities: [other.cert] })).toBe("authority");
  expect(check({ authorities: [other.cert, authority.cert] })).toBeUndefined();
});

test("a key that does not belong to its certificate is a reason of its own, whatever else holds", async () => {
  const authority = await issueAuthority({ name: "companyos", now, days: 3650 });
  const pair = await issueServing({ authority, hosts, now, days: 90 });
  const other = await issueServing({ authority, hosts, now, days: 90 });
  const check = (change: object) =>
    renewalReason({ ...pair, now, hosts, authorities: [authority.cert], ...change });
  expect(check({ key: other.key })).toBe("key");
  expect(check({ key: "no key" })).toBe("key");
  expect(check({ key: pair.cert })).toBe("key");
  expect(check({ key: pair.key.slice(0, 80) })).toBe("key");
  // An authority that expires goes on signing for a while; one with a stranger's key cannot.
  expect(renewalReason({ cert: authority.cert, key: other.key, now: now + 3000 * day })).toBe("key");
  expect(renewalReason({ ...authority, now: now + 3000 * day })).toBe("expiring");
});

test("the moment of renewal may be named, and counts from the issue", async () => {
  const authority = await issueAuthority({ name: "companyos", now, days: 1 });
  const certificate = new X509Certificate(authority.cert);
  const issued = Math.floor(now / 1000) * 1000;
  expect(renewAt(certificate)).toBe(issued + 16 * 3600_000);
  expect(renewAt(certificate, 5000)).toBe(issued + 5000);
  expect(renewAt(certificate, 20 * 3600_000)).toBe(issued + 16 * 3600_000);
});

test.each([1 / 24, 1, 90, 365])(
  "a certificate of %d days that was backdated by five minutes only is renewed in time",
  (days) => {
    const instants = { validFrom: new Date(now - 5 * 60_000), validTo: new Date(now + days * day) };
    const certificate = Object.fromEntries(
      Object.entries(instants).map(([name, at]) => [name, at.toUTCString()]),
    );
    for (const renewAfterMs of [undefined, 5000]) {
      // All of a certificate that is looked at.
      const left = now + days * day - renewAt(certificate as unknown as X509Certificate, renewAfterMs);
      expect(left).toBeGreaterThan((days * day) / 6);
      // Nor again and again: by a day at most it is taken for younger than it is.
      expect(left).toBeLessThan(days * day + 1000);
    }
  },
);

test("a certificate whose life is shorter than a day is renewed two thirds through, too", async () => {
  const authority = await issueAuthority({ name: "companyos", now, days: 30 });
  const pair = await issueServing({ authority, hosts, now, days: 1 / 24 });
  const due = renewAt(new X509Certificate(pair.cert)) - now;
  expect(Math.abs(due - 40 * 60_000)).toBeLessThan(2000);
});

test("a serving certificate never outlives its authority", async () => {
  const authority = await issueAuthority({ name: "companyos", now, days: 30 });
  const pair = await issueServing({ authority, hosts, now, days: 90 });
  expect(new X509Certificate(pair.cert).validTo).toBe(new X509Certificate(authority.cert).validTo);
});
