import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dump } from "js-yaml";
import { pkiFile } from "./pki-files.ts";

/** Name of the certificate with which the API server calls admission webhooks; of its authority, `-ca` behind it. */
export const webhookCaller = "webhook-caller";

/** For `--admission-control-config-file`. */
export const admissionConfigurationFile = (stateDir: string): string =>
  join(stateDir, "pki", "admission-configuration.yaml");

/**
 * Lets the API server show a client certificate to every webhook (AdmissionConfiguration,
 * apiserver.config.k8s.io/v1). The kubeconfig's user is found by the webhook's host and port
 * (k8s.io/apiserver/pkg/util/webhook/authentication.go): `*` because ports are chosen later. Certificate and key are
 * named as files, which the API server reads again when they change.
 */
export async function writeAdmissionConfiguration(stateDir: string): Promise<void> {
  const kubeConfigFile = join(stateDir, "pki", "webhooks.kubeconfig");
  const user = {
    "client-certificate": pkiFile(stateDir, `${webhookCaller}.crt`),
    "client-key": pkiFile(stateDir, `${webhookCaller}.key`),
  };
  const configuration = {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "WebhookAdmissionConfiguration",
    kubeConfigFile,
  };
  const plugins = ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"];
  await mkdir(join(stateDir, "pki"), { recursive: true, mode: 0o700 });
  await write(kubeConfigFile, { apiVersion: "v1", kind: "Config", users: [{ name: "*", user }] });
  await write(admissionConfigurationFile(stateDir), {
    apiVersion: "apiserver.config.k8s.io/v1",
    kind: "AdmissionConfiguration",
    plugins: plugins.map((name) => ({ name, configuration })),
  });
}

const write = (file: string, content: object) =>
  writeFile(file, dump(content, { lineWidth: -1, noRefs: true }), { mode: 0o600 });
