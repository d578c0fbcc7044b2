import { createLogger } from "@companyos/service";
import { expect, test } from "@jest/globals";
import { follow } from "../src/certificates/cert-manager.ts";
import { issueAuthority } from "../src/certificates/issue.ts";
import { servingSecret } from "../src/certificates/secret.ts";
import type { CertificateWork } from "../src/certificates/self-issued.ts";
import { defaultCertificateSettings } from "../src/certificates/settings.ts";

test("the log names the Secret whose ca.crt is missing or has too many certificates", async () => {
  const pair = await issueAuthority({ name: "test", now: Date.now(), days: 30 });
  const secretWith = (ca: string) =>
    servingSecret({ name: "companyos-webhook-tls", namespace: "companyos-system", pair, ca });
  const lines: string[] = [];
  const log = createLogger({ role: "operator", write: (line) => void lines.push(line) });
  for (const ca of ["", pair.cert.concat("\n").repeat(17)]) {
    const work = {
      clock: { now: () => Date.now() },
      settings: defaultCertificateSettings,
      desired: [{ secret: "companyos-webhook-tls", hosts: [] }],
      published: { read: () => ({ authorities: [], marks: {} }), write: async () => {} },
      secret: () => secretWith(ca),
    };
    await follow(work as unknown as CertificateWork, log);
  }
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "error", secretName: "companyos-webhook-tls" },
    { level: "error", secretName: "companyos-webhook-tls" },
  ]);
});
