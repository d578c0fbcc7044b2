/** What a real API server does with answers that are none: facts that the webhook relies on. */
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { Authority, type ClusterAccess, sharedCluster } from "@companyos/cluster";
import { close, listen } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

const name = `busy-${Date.now().toString(36)}`;
const maps = `/api/v1/namespaces/${name}/configmaps`;
const configurations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

let cluster: ClusterAccess;
let server: Server;
let busy = 0;
const callers: string[] = [];

beforeAll(async () => {
  cluster = await sharedCluster();
  const authority = await Authority.create("webhook");
  const { certPem, keyPem } = await authority.issue({ name: "webhook", ips: ["127.0.0.1"] });
  const ca = cluster.webhookCaller.caPem;
  const tls = { cert: certPem, key: keyPem, ca, requestCert: true, rejectUnauthorized: false };
  server = createServer({ ...tls, ALPNProtocols: ["http/1.1"] }, async (request, response) => {
    const socket = request.socket as TLSSocket;
    callers.push(`${socket.authorized} ${socket.getPeerCertificate().subject?.CN}`);
    if (busy > 0) {
      busy -= 1;
      response.writeHead(503, { "retry-after": "1", connection: "close" }).end("{}");
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { uid } = JSON.parse(Buffer.concat(chunks).toString()).request;
    const answer = { uid, allowed: false, status: { code: 403, message: "refused in the end" } };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }),
    );
  });
  const url = `https://${await listen(server, { host: "127.0.0.1", port: 0 })}/`;
  await cluster.request("POST", "/api/v1/namespaces", { metadata: { name } });
  await cluster.request("POST", configurations, {
    metadata: { name },
    webhooks: [
      {
        name: "busy.example.com",
        admissionReviewVersions: ["v1"],
        clientConfig: { url, caBundle: Buffer.from(authority.certPem).toString("base64") },
        failurePolicy: "Ignore",
        namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["configmaps"] }],
        sideEffects: "None",
        timeoutSeconds: 5,
      },
    ],
  });
  await until("the webhook to be asked", refusal, (message) => message.includes("refused in the end"));
}, 60_000);
afterAll(async () => {
  await cluster?.request("DELETE", `${configurations}/${name}`);
  await cluster?.request("DELETE", `/api/v1/namespaces/${name}`);
  if (server) await close(server, 0);
});

let made = 0;
/** What a creation is refused with; empty when it is not. */
const refusal = () =>
  cluster.request("POST", maps, { metadata: { name: `map-${++made}` } }).then(
    () => "",
    (error: Error) => error.message,
  );

test("it shows its certificate to the webhook", () => {
  expect(new Set(callers)).toEqual(new Set(["true kube-apiserver"]));
});

test("sent back with 503 and Retry-After, it asks again: nothing slips through although the entry is Ignore", async () => {
  const before = callers.length;
  busy = 2;
  expect(await refusal()).toContain("refused in the end");
  expect(callers.length).toBe(before + 3);
});
