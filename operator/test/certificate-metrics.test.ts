import { annotations, certificates } from "@companyos/crds";
import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { issueAuthority, issueServing } from "../src/certificates/issue.ts";
import { certificateMetrics } from "../src/certificates/metrics.ts";
import { authoritySecret, type Secret, servingSecret } from "../src/certificates/secret.ts";
import { type CertificateSettings, defaultCertificateSettings } from "../src/certificates/settings.ts";

const [hour, day] = [3_600_000, 24 * 3_600_000];
const now = Math.floor(Date.now() / 1000) * 1000;
const namespace = "companyos-system";
const name = certificates.webhookSecret;
const authority = await issueAuthority({ name: "test", now, days: 365 });
const secretOf = async (days: number, renewBefore?: string): Promise<Secret> => {
  const pair = await issueServing({ authority, hosts: ["localhost"], now, days });
  const secret = servingSecret({ name, namespace, pair, ca: authority.cert });
  return renewBefore === undefined
    ? secret
    : {
        ...secret,
        metadata: { ...secret.metadata, annotations: { [annotations.renewBefore]: renewBefore } },
      };
};

/** How long after `now` it ends and is to be replaced, in ms. */
async function told(secret: Secret, settings: Partial<CertificateSettings> = {}) {
  const registry = new Registry();
  const secretName = secret.metadata.name!;
  certificateMetrics(registry, { ...defaultCertificateSettings, ...settings }).seen(secretName, secret);
  const text = await registry.metrics();
  const of = (what: string) => {
    const series = `residency_certificate_${what}_timestamp_seconds{secret="${secretName}"} `;
    const line = text.split("\n").find((one) => one.startsWith(series));
    return Number(line?.slice(series.length)) * 1000 - now;
  };
  return { ends: of("expires"), renewed: of("renewal") };
}

test.each([1, 13, 30, 90])(
  "of %d days that we issue, two thirds pass until it is to be replaced",
  async (days) => {
    expect(await told(await secretOf(days))).toEqual({ ends: days * day, renewed: (days * day * 2) / 3 });
  },
);

test("the authority by its own settings, serving certificates by theirs", async () => {
  const settings = {
    authority: { lifeMs: 365 * day, renewAfterMs: hour },
    serving: { lifeMs: 90 * day, renewAfterMs: 2 * hour },
  };
  const ca = authoritySecret({ name: certificates.caSecret, namespace, newest: authority });
  expect(await told(ca, settings)).toMatchObject({ renewed: hour });
  expect(await told(await secretOf(90), settings)).toMatchObject({ renewed: 2 * hour });
});

// What it was issued to be valid for, a day before its issue included.
test.each([
  ["a third of its life before its end", undefined, 30 * day],
  ["when the Certificate says", "36h", 36 * hour],
  ["a third of its life before its end, where that says more than its life", "8760h", 30 * day],
  ["a third of its life before its end, where nobody can read that", "soon", 30 * day],
])("cert-manager's is to be replaced %s", async (_when, renewBefore, left) => {
  const { ends, renewed } = await told(await secretOf(89, renewBefore), { provider: "cert-manager" });
  expect(ends - renewed).toBe(left);
});

test("what is not there has neither", async () => {
  const registry = new Registry();
  const { seen } = certificateMetrics(registry, defaultCertificateSettings);
  seen(name, await secretOf(90));
  seen(name, undefined);
  expect(await registry.metrics()).not.toContain("secret=");
});
