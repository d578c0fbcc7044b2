import { certificates } from "@companyos/crds";
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { splitPem } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { issueAuthority, issueServing } from "../src/certificates/issue.ts";
import type { CertificateSettings } from "../src/certificates/settings.ts";
import { shakeHands } from "./handshakes.ts";
import { startLoad, webhookCalls, webhookErrors } from "./load.ts";
import { declareAcme, regions, startTestProduct, type TestProduct } from "./product.ts";

/** COMPANYOS_SOAK=1: the minute that the product promises. */
const loadSeconds = process.env.COMPANYOS_SOAK === "1" ? 60 : 15;
const namespace = "companyos-system";
const names = [
  "companyos-webhook-tls",
  ...Object.keys(regions).map((name) => `companyos-notary-${name}-tls`),
];
const second = 1000;

/** An authority every five seconds, and so every certificate; what counts the time of an API server stays above it. */
const everyFiveSeconds: Partial<CertificateSettings> = {
  authority: { lifeMs: 120 * second, renewAfterMs: 5 * second },
  serving: { lifeMs: 90 * second, renewAfterMs: 5 * second },
  settleMs: 1.5 * second,
  keepMs: 3 * second,
};

let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct({
    // Whoever cannot connect fails at once; a machine that stands still for 5 s is no fault of a certificate.
    operator: { certificates: everyFiveSeconds, whenUnavailable: "strict", webhookTimeoutSeconds: 30 },
    webhook: { certificateSettleMs: 500 },
  });
  const { kube } = product;
  await declareAcme(kube);
  await until("the service account of the tenant", () =>
    kube.find(resources.serviceAccounts, "default", { namespace: "acme" }),
  );
}, 180_000);

afterAll(() => product?.stop(), 180_000);

const published = async (kube: KubeClient) =>
  (await kube.find(resources.configMaps, certificates.caConfigMap, { namespace }))?.data?.["ca.crt"] ?? "";

/** What whoever connects has seen so far. */
type Seen = ReturnType<typeof shakeHands>["seen"];
/** A busy machine renews, and is asked, more slowly. */
const patient = { timeoutMs: 60 * second };

/** What everybody saw while `during` ran: the API server, its clients, and whoever connects anew. */
async function underLoad(during: (seen: Seen) => Promise<void>) {
  const { kube } = product;
  const before = { errors: await webhookErrors(kube), calls: await webhookCalls(kube) };
  const mark = product.logs.length;
  const hands = shakeHands({ url: product.webhook.url, ca: () => published(kube), everyMs: 100 });
  const load = startLoad({ kube, namespace: "acme", atOnce: 8, elsewhere: "us-east-1" });
  try {
    await during(hands.seen);
    const { seen } = load;
    await until(
      "enough requests to be answered",
      () => Math.min(seen.allowed, seen.refused) > loadSeconds,
      Boolean,
      patient,
    );
  } finally {
    await load.stop();
  }
  const report = await load.stop();
  const seen = await hands.stop();
  return {
    report,
    seen,
    errors: (await webhookErrors(kube)) - before.errors,
    calls: (await webhookCalls(kube)) - before.calls,
    complaints: product.logs.slice(mark).filter((line) => line.includes("the notary does not take them")),
  };
}

function expectNothingFailed(result: Awaited<ReturnType<typeof underLoad>>): void {
  expect(result.report.failures).toEqual([]);
  expect(result.seen.failed).toEqual([]);
  expect(result.errors).toBe(0);
  expect(result.complaints).toEqual([]);
  expect(result.report.allowed).toBeGreaterThan(loadSeconds);
  expect(result.report.refused).toBeGreaterThan(loadSeconds);
  expect(result.calls).toBeGreaterThanOrEqual(result.report.allowed + result.report.refused);
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test(
  `for ${loadSeconds} s under load a new authority and new certificates every five seconds: no request fails`,
  async () => {
    const result = await underLoad(async ({ authorities, certificates }) => {
      await wait(loadSeconds * second);
      await until(
        "each renewal to be seen",
        () =>
          authorities.size >= Math.floor(loadSeconds / 10) &&
          certificates.size >= Math.floor(loadSeconds / 5),
        Boolean,
        patient,
      );
    });
    console.log("rotation", {
      allowed: result.report.allowed,
      refused: result.report.refused,
      calls: result.calls,
      handshakes: result.seen.made,
      certificates: result.seen.certificates.size,
      authorities: result.seen.authorities.size,
    });
    expectNothingFailed(result);
    expect(result.seen.authorities.size).toBeGreaterThanOrEqual(Math.floor(loadSeconds / 10));
    expect(result.seen.certificates.size).toBeGreaterThanOrEqual(Math.floor(loadSeconds / 5));
  },
  (loadSeconds + 180) * second,
);

test("an authority leaves the bundle once nothing that it signed is served, and its key with it", async () => {
  const { kube } = product;
  const first = splitPem(await published(kube))[0]!;
  await until(
    "the authority to leave",
    () => published(kube),
    (seen) => !seen.includes(first),
    { timeoutMs: 40 * second },
  );
  expect(splitPem(await published(kube)).length).toBeLessThanOrEqual(4);
  await until(
    "the key of the one before to be forgotten",
    async () => {
      const secret = await kube.get(resources.secrets, certificates.caSecret, { namespace });
      return !("previous.key" in (secret.data ?? {}));
    },
    Boolean,
    { timeoutMs: 20 * second },
  );
}, 90_000);

test("whatever is deleted of it is made again: no request fails", async () => {
  const { kube } = product;
  const result = await underLoad(async () => {
    for (const [resource, name] of [
      [resources.secrets, certificates.caSecret],
      [resources.secrets, certificates.webhookSecret],
      [resources.configMaps, certificates.caConfigMap],
    ] as const) {
      // One at a time: of what two of them together say, nothing is left when both are gone.
      await until("every certificate signed by the newest authority", allByNewest);
      const { uid } = (await kube.get(resource as Resource, name, { namespace })).metadata;
      await kube.delete(resource, name, { namespace });
      await until(`${resource.kind} ${name} to be made again`, async () => {
        const made = await kube.find(resource as Resource, name, { namespace });
        return made !== undefined && made.metadata.uid !== uid;
      });
      await wait(loadSeconds * 200);
    }
  });
  expectNothingFailed(result);
}, 120_000);

test(
  "an operator that fails before or after every single write of a rotation completes it: no request fails",
  async () => {
    await product.stopOperator();
    const faults = { before: 0, after: 0 };
    await product.startOperator((client) => ({ kube: failingInTurn(client, faults) }));
    const result = await underLoad(async ({ authorities }) => {
      await wait(loadSeconds * second);
      await until(
        "faults of both sorts, and another authority all the same",
        () => Math.min(faults.before, faults.after) > 3 && authorities.size >= 2,
        Boolean,
        patient,
      );
    });
    console.log("rotation with faults", { ...faults, authorities: result.seen.authorities.size });
    expectNothingFailed(result);
    expect(faults.before).toBeGreaterThan(3);
    expect(faults.after).toBeGreaterThan(3);
    expect(result.seen.authorities.size).toBeGreaterThanOrEqual(2);
  },
  (loadSeconds + 210) * second,
);

test(
  "with cert-manager the operator issues nothing and trusts what its Secrets say: no request fails",
  async () => {
    const { kube } = product;
    await product.stopOperator();
    const issuer = await certManager(kube);
    let own: string | undefined;
    const result = await underLoad(async ({ authorities }) => {
      await issuer.issue();
      await product.startOperator(() => ({
        certificates: { provider: "cert-manager", keepMs: 3 * second },
      }));
      own = (await kube.get(resources.secrets, certificates.caSecret, { namespace })).metadata
        .resourceVersion;
      for (let rotation = 0; rotation < loadSeconds / 5; rotation++) {
        await wait(5 * second);
        await issuer.newAuthority();
        await issuer.issue();
      }
      await wait(3 * second);
      await until(
        "each authority to be seen",
        () => authorities.size >= Math.floor(loadSeconds / 5),
        Boolean,
        patient,
      );
    });
    console.log("rotation by cert-manager", {
      allowed: result.report.allowed,
      certificates: result.seen.certificates.size,
      authorities: result.seen.authorities.size,
    });
    expectNothingFailed(result);
    expect(result.seen.authorities.size).toBeGreaterThanOrEqual(Math.floor(loadSeconds / 5));
    const after = await kube.get(resources.secrets, certificates.caSecret, { namespace });
    expect(after.metadata.resourceVersion).toBe(own);
    for (const name of names) {
      const { data } = await kube.get(resources.secrets, name, { namespace });
      expect(Buffer.from(data!["ca.crt"]!, "base64").toString()).toBe(issuer.authority);
    }
    await until("only its last authority to be trusted", async () => {
      const bundle = splitPem(await published(kube));
      return bundle.length === 1 && bundle[0] === issuer.authority.trim();
    });
  },
  (loadSeconds + 240) * second,
);

/** Whether each serving Secret holds a certificate of the authority that signs now. */
async function allByNewest(): Promise<boolean> {
  const { kube } = product;
  const text = async (name: string, key: string) =>
    (await kube.get(resources.secrets, name, { namespace })).data?.[key] ?? "";
  const newest = await text(certificates.caSecret, "tls.crt");
  const signers = await Promise.all(names.map((name) => text(name, "ca.crt")));
  return newest !== "" && signers.every((signer) => signer === newest);
}

/** Plays cert-manager with a CA issuer: writes `tls.crt`, `tls.key` and `ca.crt` of every Secret, all at once. */
async function certManager(kube: KubeClient) {
  const make = () => issueAuthority({ name: "test issuer", now: Date.now(), days: 1 });
  let authority = await make();
  return {
    get authority() {
      return authority.cert;
    },
    async newAuthority() {
      authority = await make();
    },
    async issue() {
      for (const name of names) {
        const hosts = [`${name.replace("-tls", "")}.${namespace}.svc`, "localhost", "127.0.0.1"];
        const pair = await issueServing({ authority, hosts, now: Date.now(), days: 0.5 });
        const fields = { "tls.crt": pair.cert, "tls.key": pair.key, "ca.crt": authority.cert };
        const data = Object.entries(fields).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
        await kube.patch(resources.secrets, name, "merge", { data: Object.fromEntries(data) }, { namespace });
      }
    },
  };
}

/** The client, but every write of a certificate's Secret or of the bundle fails: in turn unsent, and after it took effect. */
function failingInTurn(client: KubeClient, faults: { before: number; after: number }): KubeClient {
  let turn = 0;
  const ours = ({ plural }: { plural: string }, name: string | undefined) =>
    (plural === "secrets" || plural === "configmaps") && name?.startsWith("companyos-");
  async function faulty<T>(write: () => Promise<T>): Promise<T> {
    switch (turn++ % 3) {
      case 0:
        faults.before++;
        throw new Error("a fault before the write");
      case 1:
        await write();
        faults.after++;
        throw new Error("a fault after the write");
      default:
        return write();
    }
  }
  const writes = {
    create: (resource: Resource, object: KubeObject, options?: object) =>
      ours(resource, object.metadata.name)
        ? faulty(() => client.create(resource, object, options))
        : client.create(resource, object, options),
    update: (resource: Resource, object: KubeObject, options?: object) =>
      ours(resource, object.metadata.name)
        ? faulty(() => client.update(resource, object, options))
        : client.update(resource, object, options),
    apply: (resource: Resource, object: KubeObject, options: { fieldManager: string }) =>
      ours(resource, object.metadata.name)
        ? faulty(() => client.apply(resource, object, options))
        : client.apply(resource, object, options),
  };
  // The methods that it overrides are generic in their resource; these pass on whatever they get.
  return { ...client, ...writes } as unknown as KubeClient;
}
