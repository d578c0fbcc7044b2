import { group, newInUseWebhookName, newOwnPath, webhookPathsIn } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { type AdmissionSettings, admissionObjects } from "../src/admission/objects/index.ts";
import { digestOf } from "../src/admission/remember.ts";
import { nextPath, pathLifetimes } from "../src/webhook-path/path.ts";

const settings: AdmissionSettings = {
  productNamespace: "companyos-system",
  webhook: { service: { name: "companyos-webhook", namespace: "companyos-system", port: 443 } },
  caBundle: "a CA",
  whenUnavailable: "available",
  timeoutSeconds: 5,
  callers: "SecretPath",
  path: "p".repeat(43),
};
const configurations = (change: Partial<AdmissionSettings> = {}) =>
  admissionObjects({ ...settings, ...change }).filter(({ webhooks }) => webhooks);

let made = 0;
const random = () => String(++made).padStart(43, "x");
const step = (live: Parameters<typeof nextPath>[0]["live"], now: number) =>
  nextPath({ live, namespace: "companyos-system", now, random });
const paths = (secret: ReturnType<typeof step>["secret"]) =>
  Object.fromEntries(
    Object.entries(secret?.data ?? {}).map(([name, value]) => [
      name,
      Buffer.from(value, "base64").toString(),
    ]),
  );

test("a secret path is named in every entry, and every entry is Ignore: under Fail the API server tells users the URL", () => {
  const entries = configurations().flatMap(({ webhooks }) => webhooks);
  expect(entries).toHaveLength(6);
  for (const { name, failurePolicy, clientConfig } of entries) {
    expect(failurePolicy).toBe("Ignore");
    const below = name === newInUseWebhookName ? `/${newOwnPath}` : "";
    expect(clientConfig.service.path).toBe(`/admit/${settings.path}${below}`);
  }
  for (const { webhooks } of configurations({ webhook: { url: "https://127.0.0.1:1/admit" } }))
    expect(webhooks[0].clientConfig.url).toBe(`https://127.0.0.1:1/admit/${settings.path}`);
});

test("the configurations say how the webhook knows its caller; nothing that enforces depends on it", () => {
  for (const { metadata } of configurations({ callers: "ClientCertificate", path: undefined }))
    expect(metadata.labels?.["residency.companyos.io/callers"]).toBe("ClientCertificate");
  const [one] = configurations();
  const { "residency.companyos.io/callers": _, ...before } = one!.metadata.labels!;
  // As an earlier version left it: not taken for somebody's tampering when it is brought up to date.
  expect(digestOf(one!)).not.toBe(digestOf({ ...one!, metadata: { ...one!.metadata, labels: before } }));
});

test("the path changes so that the webhook answers at what the configurations name, at every step", () => {
  const { changeAfter, settle, keep } = pathLifetimes;
  let now = Date.UTC(2026, 10, 27);
  const first = step(undefined, now);
  const path = webhookPathsIn(first.secret).current;
  expect(paths(first.secret)).toEqual({ current: path });
  expect(step(first.secret, now + changeAfter - 1)).toEqual({ secret: undefined, due: now + changeAfter });

  now += changeAfter;
  const second = step(first.secret, now);
  const next = paths(second.secret).next;
  expect(paths(second.secret)).toEqual({ current: path, next });
  expect(second.due).toBe(now + settle);

  now += settle;
  const third = step(second.secret, now);
  expect(paths(third.secret)).toEqual({ current: next, former: path });

  now += keep;
  const fourth = step(third.secret, now);
  expect(paths(fourth.secret)).toEqual({ current: next });
  expect(fourth.due).toBe(now + changeAfter);
});

test("what somebody else wrote there, and could guess, is replaced", () => {
  const { secret } = step(undefined, 0);
  const spoiled = { ...secret!, data: { current: Buffer.from("guess").toString("base64") } };
  expect(webhookPathsIn(spoiled).current).toBeUndefined();
  expect(webhookPathsIn(step(spoiled, 1).secret).current).toMatch(/^x+\d+$/);
});

test("a time from the future does not keep a path for ever", () => {
  const { secret } = step(undefined, Date.UTC(2030, 0, 1));
  expect(paths(step(secret, Date.UTC(2026, 0, 1)).secret).next).toBeDefined();
});

test("of new objects of ours nobody asks where a webhook of before would refuse them: it knew no route of two parts", () => {
  const routeOfBefore = /^\/admit(\/[^/]+)?$/;
  for (const path of [undefined, settings.path]) {
    const entries = configurations({ path }).flatMap(({ webhooks }) => webhooks as KubeObject["webhooks"][]);
    const own = entries.filter(({ rules }) => rules[0].apiGroups[0] === group);
    const asked = own.filter(({ clientConfig }) => routeOfBefore.test(clientConfig.service.path));
    const operations = (some: KubeObject["webhooks"][]) =>
      some.flatMap(({ rules }) => rules.flatMap((rule: { operations: string[] }) => rule.operations));
    expect(operations(asked)).toEqual(["UPDATE", "DELETE"]);
    expect(operations(own)).toEqual(["UPDATE", "DELETE", "CREATE"]);
  }
});
