/** Somebody changes what is installed, or what processes keep; a certificate is not renewed; a clock is wrong; builds are mixed. */
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Authority } from "@companyos/cluster";
import { until } from "../../src/until.ts";
import { eu, us } from "../stage.ts";
import { type Act, deploys, succeeded, untilFired } from "./act.ts";

const admission = "/apis/admissionregistration.k8s.io/v1";
const secrets = "/api/v1/namespaces/companyos-system/secrets";
const merge = "application/merge-patch+json";

export const tamperingActs: readonly Act[] = [
  {
    alerts: ["AdmissionObjectRestored", "AdmissionObjectContested"],
    when: "somebody weakens a policy again and again",
    async make({ api }, fired) {
      const path = `${admission}/validatingadmissionpolicies/companyos-pinned`;
      await untilFired(fired, this.alerts, async () => {
        succeeded(await api.request("PATCH", path, { spec: { failurePolicy: "Ignore" } }, merge));
      });
    },
  },
  {
    alerts: ["CertificateNotRenewed", "ServingCertificateOld"],
    when: "a notary's certificate, a day old, ends in an hour and somebody's policy keeps the operator from renewing it",
    async make({ api }, fired) {
      const [ca, old] = ["companyos-ca", `companyos-notary-${us}-tls`].map(
        (name) => `${secrets}/${name}`,
      ) as [string, string];
      const thaw = await freezeSecrets(api);
      const read = async (path: string) => {
        const { data } = (await api.request("GET", path)).body;
        return (field: string) => Buffer.from(data[field], "base64").toString();
      };
      const authority = await read(ca);
      const signer = new Authority({ certPem: authority("tls.crt"), keyPem: authority("tls.key") });
      const { certPem, keyPem } = await signer.issue({
        name: old,
        ips: ["127.0.0.1"],
        dns: [`companyos-notary-${us}.companyos-system.svc`, "localhost"],
        days: 1 / 24,
      });
      const base64 = (text: string) => Buffer.from(text).toString("base64");
      const data = { "tls.crt": base64(certPem), "tls.key": base64(keyPem) };
      succeeded(await api.request("PATCH", old, { data }, merge));
      await fired("CertificateNotRenewed", "ServingCertificateOld");
      await thaw();
    },
  },
  {
    alerts: ["CheckpointLate", "LogHalted", 'LogAlarm{code="halted"}'],
    when: "a notary cannot write its tiles, and then finds that its history is gone",
    async make(stage, fired) {
      const store = stage.volume(`companyos-notary-${us}-0`, "store");
      const tiles = join(store, "log/tile");
      const abroad = (round: number) =>
        deploys(stage, { namespace: "globex", name: `late-${round}`, region: eu });
      await rename(tiles, `${tiles}.away`);
      await writeFile(tiles, "");
      await untilFired(fired, ["CheckpointLate"], abroad);
      for (const folder of ["state/batch", "state/snapshot"])
        for (const file of await readdir(join(store, folder)).catch(() => []))
          await rm(join(store, folder, file), { recursive: true });
      await fired("LogHalted", 'LogAlarm{code="halted"}');
    },
  },
  {
    alerts: ["ClockWrong"],
    when: "the clock of a webhook is set",
    async make({ clocks }, fired) {
      await clocks.set({ "companyos-webhook-1": 300 });
      await fired("ClockWrong");
      await clocks.set({ "companyos-webhook-1": 0 });
    },
  },
  {
    alerts: ["MixedVersions"],
    when: "one replica of the webhook starts from another build",
    async make({ product, upgrade }, fired) {
      await upgrade();
      await product.of("webhook")[1]?.signal("SIGKILL");
      await fired("MixedVersions");
    },
  },
];

/** Nobody but administrators may change Secrets of the product any more; resolves, once that holds, to what ends it. */
async function freezeSecrets(api: Parameters<Act["make"]>[0]["api"]): Promise<() => Promise<void>> {
  const name = "nobody-changes-secrets";
  const constraints = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "companyos-system" } },
    resourceRules: [
      { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE", "UPDATE"], resources: ["secrets"] },
    ],
  };
  const administrators =
    "'system:masters' in request.userInfo.groups && !(has(object.metadata.labels) && 'probe' in object.metadata.labels)";
  const objects = [
    [
      "validatingadmissionpolicies",
      {
        kind: "ValidatingAdmissionPolicy",
        spec: { matchConstraints: constraints, validations: [{ expression: administrators }] },
      },
    ],
    [
      "validatingadmissionpolicybindings",
      { kind: "ValidatingAdmissionPolicyBinding", spec: { policyName: name, validationActions: ["Deny"] } },
    ],
  ] as const;
  for (const [plural, object] of objects) {
    const body = { apiVersion: "admissionregistration.k8s.io/v1", metadata: { name }, ...object };
    succeeded(await api.request("POST", `${admission}/${plural}`, body));
  }
  const probe = { apiVersion: "v1", kind: "Secret", metadata: { name: "probe", labels: { probe: "x" } } };
  await until(
    "the policy in force",
    () => api.request("POST", `${secrets}?dryRun=All`, probe),
    ({ status }) => status === 422 || status === 403,
  );
  return async () => {
    for (const [plural] of objects.toReversed())
      succeeded(await api.request("DELETE", `${admission}/${plural}/${name}`));
  };
}
