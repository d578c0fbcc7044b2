import { randomUUID } from "node:crypto";
import { type CallerMode, labels, webhookConfigurationName } from "@companyos/crds";
import { Agent, request } from "undici";
import type { Places } from "./places.ts";
import type { Client, Request } from "./request.ts";

/** What became of an AdmissionReview that was posted to the webhook without credentials. */
export type StrangersTry =
  | { readonly verdict: "refused" }
  | { readonly verdict: "answered"; readonly answer: string; readonly request: Request }
  | { readonly verdict: "not tried"; readonly why: string };

const configuration = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${webhookConfigurationName}`;

/**
 * Posts an AdmissionReview to where the API server would, as somebody who is not the API server. It is a dry run: should
 * it get a response, it leaves no receipt. Only where the webhook says that it knows the API server by its certificate;
 * elsewhere it takes a stranger for the API server by design, and this would show nothing.
 */
export async function askAsStranger(
  client: Client,
  { namespace, places }: { readonly namespace: string; readonly places: Places },
): Promise<StrangersTry> {
  const { status, text } = await client.raw(configuration);
  if (status !== 200) return notTried(`its configuration cannot be read (${status})`);
  const { metadata, webhooks } = JSON.parse(text);
  const callers: CallerMode | undefined = metadata?.labels?.[labels.callers];
  if (callers !== "ClientCertificate")
    return notTried(
      `this set-up cannot tell strangers (${callers ?? "Unverified"}), see docs/threat-model.md`,
    );
  const { url, caBundle } = webhooks?.[0]?.clientConfig ?? {};
  if (typeof url !== "string") return notTried("its Service is reached from inside the cluster");
  const body = reviewOf(namespace, places);
  const ca = Buffer.from(String(caBundle ?? ""), "base64").toString();
  return post(url, { ca, body });
}

/**
 * Only a response that denies is a refusal. Whose connection broke off, or whose certificate we do not take, was not asked:
 * by a wrong CA of ours nobody has refused anything.
 */
export async function post(
  url: string,
  { ca, body }: { readonly ca: string; readonly body: object },
): Promise<StrangersTry> {
  const dispatcher = new Agent({ connect: { ca, timeout: 5_000 }, headersTimeout: 5_000 });
  try {
    const headers = { "content-type": "application/json" };
    const reply = await request(url, { method: "POST", headers, body: JSON.stringify(body), dispatcher });
    const text = await reply.body.text();
    if (reply.statusCode === 200)
      return {
        verdict: "answered",
        answer: text.slice(0, 300),
        request: { method: "POST", path: url, body },
      };
    if (reply.statusCode === 401 || reply.statusCode === 403) return { verdict: "refused" };
    return notTried(`it returned ${reply.statusCode}`);
  } catch (error) {
    const { code, message } = error as { code?: unknown; message?: unknown };
    return notTried(`no response was had from here (${code ?? message})`);
  } finally {
    await dispatcher.close();
  }
}

function notTried(why: string): StrangersTry {
  return { verdict: "not tried", why };
}

function reviewOf(namespace: string, { abroad }: Places): object {
  const metadata = { name: "conformance-stranger", namespace };
  const spec = { nodeName: abroad.nodes[0], containers: [{ name: "main", image: "nginx:1.29" }] };
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: randomUUID(),
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      name: metadata.name,
      namespace,
      operation: "CREATE",
      userInfo: { username: "nobody", groups: ["system:authenticated"] },
      object: { apiVersion: "v1", kind: "Pod", metadata, spec },
      oldObject: null,
      dryRun: true,
    },
  };
}
