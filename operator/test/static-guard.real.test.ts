import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Cluster, startCluster } from "@companyos/cluster";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { admissionObjects } from "../src/admission/objects/index.ts";
import { type ApiResponse, as, type Call, merge } from "./as.ts";

const hardening = fileURLToPath(new URL("../../charts/companyos/hardening", import.meta.url));
const path = "/apis/admissionregistration.k8s.io/v1";
const plurals: Record<string, string> = {
  MutatingAdmissionPolicy: "mutatingadmissionpolicies",
  MutatingAdmissionPolicyBinding: "mutatingadmissionpolicybindings",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations",
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations",
};
const objects = admissionObjects({
  productNamespace: "companyos-system",
  webhook: { url: "https://127.0.0.1:1/admit" },
  caBundle: "",
  whenUnavailable: "available",
  timeoutSeconds: 1,
}).map((object) => ({ object, at: `${path}/${plurals[object.kind!]}` }));

let dir: string;
let cluster: Cluster;
let [admin, breakGlass, operator]: Call[] = [];
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "companyos-static-"));
  const manifests = join(dir, "manifests");
  await mkdir(manifests);
  await copyFile(join(hardening, "static-guard.yaml"), join(manifests, "static-guard.yaml"));
  const shipped = await readFile(join(hardening, "admission-configuration.yaml"), "utf8");
  // The same file names the kubeconfig with the certificate for the webhook: both work together.
  const webhook = join(dir, "webhook");
  await mkdir(webhook);
  await copyFile(join(hardening, "webhook-kubeconfig.yaml"), join(webhook, "kubeconfig.yaml"));
  const configuration = shipped
    .replace("/etc/kubernetes/companyos-admission", manifests)
    .replaceAll("/etc/kubernetes/companyos-webhook", webhook);
  expect(configuration).not.toContain("/etc/");
  const file = join(dir, "admission.yaml");
  await writeFile(file, configuration);
  cluster = await startCluster({
    stateDir: join(dir, "cluster"),
    components: ["etcd", "kube-apiserver"],
    args: { "kube-apiserver": [`--admission-control-config-file=${file}`] },
  });
  const users = await Promise.all([
    as(cluster, "root", ["system:masters"]),
    as(cluster, "keeper", ["system:masters", "companyos:break-glass"]),
    as(cluster, "system:serviceaccount:companyos-system:companyos-operator", [], true),
  ]);
  [admin, breakGlass, operator] = users;
  closing.push(...users.map((user) => () => user.close()));
  for (const { object, at } of objects) passed(await operator!("POST", at, object));
}, 120_000);
afterAll(async () => {
  for (const close of closing) await close();
  await cluster?.stop({ discard: true });
  await rm(dir, { recursive: true, force: true });
});

function refused({ status, message }: ApiResponse): void {
  expect(message).toContain("(policy companyos-static-guard.static.k8s.io)");
  expect(status).toBe(403);
}
const passed = (response: ApiResponse) =>
  expect([response.message, response.status < 300]).toEqual(["", true]);

test.each(objects)(
  "an administrator cannot change or delete $object.kind $object.metadata.name",
  async ({ object, at }) => {
    const one = `${at}/${object.metadata.name}`;
    refused(await admin!("DELETE", one));
    refused(await admin!("DELETE", at));
    refused(
      await admin!("PATCH", one, { metadata: { labels: { "app.kubernetes.io/name": "mine" } } }, merge),
    );
  },
);

test("other people's policies are free, and the guard itself is not to be found in the API", async () => {
  const at = `${path}/validatingadmissionpolicies`;
  const { object } = objects.find(({ object }) => object.kind === "ValidatingAdmissionPolicy")!;
  passed(await admin!("POST", at, { ...object, metadata: { name: "another" } }));
  passed(await admin!("PATCH", `${at}/another`, { metadata: { labels: { a: "b" } } }, merge));
  passed(await admin!("DELETE", `${at}/another`));
  const guard = `${at}/companyos-static-guard.static.k8s.io`;
  expect((await admin!("GET", guard)).status).toBe(404);
  const name = "companyos-static-guard.static.k8s.io";
  expect((await admin!("POST", at, { ...object, metadata: { name } })).status).toBe(422);
});

test("the operator goes on keeping them, and the break-glass group can remove them", async () => {
  for (const { object, at } of objects) {
    const one = `${at}/${object.metadata.name}`;
    passed(await operator!("PATCH", one, { metadata: { labels: { touched: "yes" } } }, merge));
    passed(await breakGlass!("DELETE", one));
  }
});
