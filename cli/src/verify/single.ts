/** One receipt with its proof, as `companyos receipts show --output json` gives it, checked offline. */
import { logChain, type SingleReceipt, type Trust, trustFingerprint } from "@companyos/receipts";
import { shownText } from "../receipts/print-one.ts";
import { contentOf, judged } from "../receipts/verdict.ts";
import { jsonText } from "../terminal.ts";
import type { VerifyFlags } from "./flags.ts";

const maxBytes = 1024 * 1024;

/** Prints the verdict; resolves to whether it is valid. Rejects for what is no such file, and for flags that say nothing of one. */
export async function verifySingle(
  file: string,
  input: AsyncIterable<Uint8Array>,
  trust: Trust,
  flags: VerifyFlags,
): Promise<boolean> {
  const { tenant, audience, nonce, maxAge, pin, allowIncomplete, metricsFile } = flags;
  const wrong = {
    tenant,
    audience,
    nonce,
    "max-age": maxAge,
    "allow-incomplete": allowIncomplete,
    "metrics-file": metricsFile,
  };
  const given = Object.entries({ ...wrong, pin: pin[0] }).find(([, value]) => value !== undefined);
  if (given)
    throw new Error(`--${given[0]} is for evidence, and ${file} is a receipt with its proof: leave it out`);
  const single = singleOf(file, await textOf(file, input));
  const { verdict, opened } = await judged(single, trust, "trust file");
  const by = { version: trust.version, fingerprint: trustFingerprint(trust) };
  if (flags.output === "json") {
    const receipt = opened ? { receipt: contentOf(opened) } : {};
    console.log(jsonText({ ...verdict, ...receipt, trust: by }));
  } else if (opened) {
    const content = contentOf(opened);
    const shown = {
      row: { ...content, log: content.claims.iss },
      tenant: content.claims.sub === logChain ? undefined : null,
    };
    console.log(`${shownText(shown, verdict, Date.now())}\ntrust version ${by.version}, ${by.fingerprint}`);
  } else if (!verdict.valid)
    console.log(
      `INVALID  ${verdict.message}\nreason   ${verdict.code}, see companyos explain ${verdict.code}\ntrust    version ${by.version}, ${by.fingerprint}`,
    );
  return verdict.valid;
}

async function textOf(file: string, input: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of input) {
    length += part.length;
    if (length > maxBytes) throw new Error(`${file} is larger than a receipt with its proof is (1 MiB)`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function singleOf(file: string, text: string): SingleReceipt {
  const lacking = `${file} is no receipt with its proof: expected what companyos receipts show ID --output json prints, or its .single`;
  let found: { single?: unknown };
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`${lacking} (${(error as Error).message})`);
  }
  const { receipt, endorsement, proof } = (found.single ?? found) as Partial<SingleReceipt>;
  if ([receipt, endorsement, proof].some((one) => typeof one !== "string")) throw new Error(lacking);
  return { receipt: receipt!, endorsement: endorsement!, proof: proof! };
}
