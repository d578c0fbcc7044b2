import { readFile } from "node:fs/promises";
import { annotations } from "@companyos/crds";
import { expect, test } from "@jest/globals";
import { rbacPage } from "./document.ts";
import { grantsOf, jurisdictions, type Manifest, regions, renderChart, rolesOf, text } from "./rendered.ts";

const accounts = ["companyos-operator", "companyos-webhook", "companyos-notary"];
const certManager = {
  certificates: { provider: "cert-manager", issuerRef: { name: "residency-ca", kind: "ClusterIssuer" } },
};

test("docs/rbac.md is what the rendered chart grants", async () => {
  const page = await readFile(new URL("../../docs/rbac.md", import.meta.url), "utf8");
  // When this fails: node test/rbac/write.ts
  expect(page).toBe(rbacPage(rolesOf(await renderChart())));
});

test("no role grants everything of a kind, nor rights over rights", async () => {
  for (const values of [{}, certManager]) {
    const roles = rolesOf(await renderChart(values));
    for (const { rules } of roles) {
      for (const rule of rules) {
        const parts = [...(rule.apiGroups ?? []), ...(rule.resources ?? []), ...rule.verbs];
        expect(parts).not.toContain("*");
        expect(rule.verbs).not.toEqual(expect.arrayContaining(["escalate"]));
        expect(rule.verbs).not.toEqual(expect.arrayContaining(["impersonate"]));
        if (rule.verbs.includes("bind")) expect(rule.resourceNames).toEqual(["view", "edit", "admin"]);
      }
    }
  }
});

test("with cert-manager each serving Secret has its Certificate, and the operator writes no Secret", async () => {
  const manifests = await renderChart(certManager);
  const certificates = manifests.filter(({ kind }) => kind === "Certificate");
  const services = ["companyos-webhook", ...regions.map((region) => `companyos-notary-${region}`)];
  expect(certificates.map(({ spec }) => spec.secretName).sort()).toEqual(
    services.map((service) => `${service}-tls`).sort(),
  );
  for (const { apiVersion, spec } of certificates) {
    const service = spec.secretName.replace(/-tls$/, "");
    expect(apiVersion).toBe("cert-manager.io/v1");
    expect(spec.issuerRef).toEqual({ name: "residency-ca", kind: "ClusterIssuer", group: "cert-manager.io" });
    expect(spec.dnsNames).toContain(`${service}.companyos-system.svc`);
    expect(spec.usages).toContain("server auth");
    expect(manifests.some(({ kind, metadata }) => kind === "Service" && metadata.name === service)).toBe(
      true,
    );
  }
  const secrets = grantsOf(rolesOf(manifests), "companyos-operator").filter(
    ({ resource }) => resource === "secrets",
  );
  expect(new Set(secrets.map(({ verb }) => verb))).toEqual(new Set(["list", "watch"]));
  expect(secrets.map(({ name }) => name)).not.toContain("companyos-ca");
  expect(operatorArgs(manifests)).toContain("--certificates-provider=cert-manager");
});

test("without it no Certificate is rendered, and lives are passed on", async () => {
  const manifests = await renderChart({ certificates: { provider: "self", caDays: 30, servingDays: 7 } });
  expect(manifests.filter(({ kind }) => kind === "Certificate")).toEqual([]);
  expect(operatorArgs(manifests)).toEqual(
    expect.arrayContaining(["--certificates-provider=self", "--ca-days=30", "--serving-days=7"]),
  );
});

test("with cert-manager each Secret says when it is renewed, where the values do", async () => {
  const made = async (values: object) => {
    const manifests = await renderChart({ certificates: { ...certManager.certificates, ...values } });
    return manifests.filter(({ kind }) => kind === "Certificate").map(({ spec }) => spec.secretTemplate);
  };
  expect(new Set(await made({}))).toEqual(new Set([undefined]));
  for (const template of await made({ duration: "24h", renewBefore: "1h" }))
    expect(template).toEqual({ annotations: { [annotations.renewBefore]: "1h" } });
});

test("cert-manager without an issuer is refused by the schema", async () => {
  await expect(renderChart({ certificates: { provider: "cert-manager" } })).rejects.toThrow(/issuerRef/);
  await expect(renderChart({ certificates: { provider: "acme" } })).rejects.toThrow(/provider/);
  await expect(renderChart({ certificates: { provider: "self", caDays: 0 } })).rejects.toThrow(/caDays/);
});

test("what admission objects are to be marked with reaches the operator; ours cannot be given away", async () => {
  const optOut = { "admissions.enforcer/disabled": "true" };
  const given = async (values: object) => {
    const flag = "--admission-metadata=";
    const args = operatorArgs(await renderChart(values)).filter((arg) => arg.startsWith(flag));
    return args.map((arg) => JSON.parse(arg.slice(flag.length)) as unknown);
  };
  expect(await given({})).toEqual([{ labels: optOut, annotations: optOut }]);
  expect(await given({ admission: { annotations: { note: 'a "word", or two' } } })).toEqual([
    { labels: optOut, annotations: { ...optOut, note: 'a "word", or two' } },
  ]);
  // As values of an earlier release that are used again.
  expect(await given({ admission: null })).toEqual([{ labels: optOut, annotations: optOut }]);
  await expect(
    renderChart({ admission: { labels: { "residency.companyos.io/managed-by": "me" } } }),
  ).rejects.toThrow(/admission/);
});

test("where the cluster's DNS is reaches the operator, as far as it is not to be found", async () => {
  const given = async (values: object) =>
    operatorArgs(await renderChart(values)).filter((arg) => /^--(dns|resolv)/.test(arg));
  const found = "--resolv-conf=/etc/resolv.conf";
  expect(await given({})).toEqual([found]);
  const dns = { namespaces: ["names", "more"], addresses: ["10.0.0.0/24"], ports: [53, 1053] };
  expect(await given({ isolation: { dns } })).toEqual([
    found,
    "--dns-namespaces=names,more",
    "--dns-addresses=10.0.0.0/24",
    "--dns-ports=53,1053",
  ]);
  // As values of an earlier release that are used again.
  expect(await given({ isolation: null })).toEqual([found]);
  await expect(renderChart({ isolation: { dns: { ports: ["dns"] } } })).rejects.toThrow(/ports/);
  await expect(renderChart({ isolation: { dns: { addresses: ["dns.example"] } } })).rejects.toThrow(
    /addresses/,
  );
});

test("the chart hands on which unclaimed namespaces are excepted, names and how names begin, and takes nothing else", async () => {
  const excepting = (...except: string[]) =>
    renderChart({
      companyos: { residency: { enforce: true, regions, unclaimed: { action: "Deny", except } } },
    });
  const rendered = JSON.stringify(await excepting("ingress", "openshift-*"));
  expect(rendered.split('"--unclaimed-except=ingress,openshift-*"')).toHaveLength(3);
  for (const wrong of ["open*shift", "*", "Ingress"])
    await expect(excepting(wrong)).rejects.toThrow(/except/);
});

test("of how many tenants workloads are replaced at once reaches the operator", async () => {
  const given = async (rollouts: object | null) =>
    operatorArgs(await renderChart({ companyos: { residency: { rollouts } } })).filter((arg) =>
      arg.startsWith("--rollout"),
    );
  expect(await given({})).toEqual(["--rollout-tenants-at-once=10"]);
  expect(await given({ tenantsAtOnce: 3 })).toEqual(["--rollout-tenants-at-once=3"]);
  // As values of an earlier release that are used again.
  expect(await given(null)).toEqual(["--rollout-tenants-at-once=10"]);
  await expect(given({ tenantsAtOnce: 0 })).rejects.toThrow(/tenantsAtOnce/);
});

test("no grant is given twice", async () => {
  const roles = rolesOf(await renderChart());
  for (const account of accounts) {
    const grants = grantsOf(roles, account).map(text);
    expect([...new Set(grants)].sort()).toEqual([...grants].sort());
  }
});

function operatorArgs(manifests: readonly Manifest[]): string[] {
  const operator = manifests.find(
    ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "companyos-operator",
  );
  return operator!.spec.template.spec.containers[0].args;
}

test("a jurisdiction is spelled as Regions spell it, so that EU and eu are not two", async () => {
  await expect(renderChart({ notary: { jurisdictions: { "eu-west-1": "eu" } } })).rejects.toThrow(
    "jurisdictions",
  );
  await expect(
    renderChart({ notary: { jurisdictions: { ...jurisdictions, "eu-west-1": "US-CA" } } }),
  ).resolves.toBeDefined();
});

test("addresses that are none, and a secret path that would be quoted to users, are refused with words", async () => {
  const from = (...apiServers: string[]) =>
    renderChart({ webhook: { networkPolicy: { enabled: true, apiServers } } });
  const good = ["10.0.0.1/32", "255.255.255.255/0", "fd00::/8", "2001:db8::1/128", "::1/128"];
  expect(JSON.stringify(await from(...good))).toContain("2001:db8::1/128");
  for (const bad of [
    "999.0.0.1/99",
    "10.0.0.1",
    "10.0.0/8",
    "10.0.0.1/33",
    "::1/129",
    "fd00:/8",
    "12345::/16",
  ])
    await expect(from(bad)).rejects.toThrow("apiServers");
  const strict = renderChart({ webhook: { whenUnavailable: "strict", callers: { mode: "SecretPath" } } });
  await expect(strict).rejects.toThrow("SecretPath does not go with webhook.whenUnavailable: strict");
});

test("a second operator, which would record again what the first one has, is refused with what to do", async () => {
  const replicas = (count: number) => renderChart({ operator: { replicas: count } });
  const operatorOf = async (count: number) =>
    (await replicas(count)).find(
      ({ kind, metadata }) => kind === "StatefulSet" && metadata.name === "companyos-operator",
    )?.spec.replicas;
  expect([await operatorOf(0), await operatorOf(1)]).toEqual([0, 1]);
  for (const count of [2, 50]) {
    const refused = expect(replicas(count)).rejects;
    await refused.toThrow(`operator.replicas: ${count}: there is one operator`);
    await refused.toThrow("Set operator.replicas: 1");
  }
});

test("refusals link to the documentation that the values name, and without one there is no flag", async () => {
  const linksOf = async (values: object) =>
    JSON.stringify(await renderChart(values)).match(/--docs-url=[^"]*/g);
  expect(await linksOf({})).toBeNull();
  // Of operator and webhook.
  expect(await linksOf({ docs: { baseURL: "https://docs.example/v1" } })).toEqual([
    "--docs-url=https://docs.example/v1",
    "--docs-url=https://docs.example/v1",
  ]);
  await expect(renderChart({ docs: { baseURL: "docs.example" } })).rejects.toThrow(/baseURL/);
  // An upgrade with --reuse-values from a release that had no such value.
  expect(await linksOf({ docs: null })).toBeNull();
});
