/** One receipt with its proof, as `companyos receipts show --output json` gives it, checked offline. */
import {
  logChain,
  type ReceiptType,
  type SingleReceipt,
  type Trust,
  trustFingerprint,
} from "@companyos/receipts";
import { shownText } from "../receipts/print-one.ts";
import { contentOf, judged } from "../receipts/verdict.ts";
import { jsonText, tell } from "../terminal.ts";
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
  const { first, repeats: counting } = singlesOf(file, await textOf(file, input));
  const { verdict: own, opened } = await judged(first, trust, "trust file");
  const repeats = await Promise.all(counting.map((single) => judged(single, trust, "trust file")));
  const verdict = [own, ...repeats.map((repeat) => repeat.verdict)].find(({ valid }) => !valid) ?? own;
  const by = { version: trust.version, fingerprint: trustFingerprint(trust) };
  const told = repeats.flatMap((repeat) => (repeat.opened ? [contentOf(repeat.opened)] : []));
  const shownFirst = opened && contentOf(opened);
  const stray = shownFirst && told.find((one, i) => !isRepeatOf(one, shownFirst, told[i - 1] ?? shownFirst));
  if (stray)
    throw new Error(
      `${file}: nothing shows that the receipt of index ${stray.idx} counts repeats of the first one there: it needs the same id, disclosed in both, and a higher index than the one before`,
    );
  if (flags.output === "json") {
    const receipt = shownFirst ? { receipt: shownFirst, repeats: told } : {};
    console.log(jsonText({ ...verdict, ...receipt, trust: by }));
  } else if (shownFirst) {
    const shown = {
      row: { ...shownFirst, log: shownFirst.claims.iss },
      tenant: shownFirst.claims.sub === logChain ? undefined : null,
      repeats: told.map((row) => ({ row })),
    };
    tell(`${shownText(shown, verdict, Date.now())}\ntrust version ${by.version}, ${by.fingerprint}`);
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

type Content = ReturnType<typeof contentOf>;

/** Each at a higher index, so that none counts twice. Two ids that are withheld are not known to be the same. */
function isRepeatOf(one: Content, first: Content, before: Content): boolean {
  const isSame = one.claims.iss === first.claims.iss && one.claims.sub === first.claims.sub;
  return (
    isSame &&
    one.claims.type === ("admission.repeated" satisfies ReceiptType) &&
    one.idx > before.idx &&
    one.disclosed.rid !== undefined &&
    one.disclosed.rid === first.disclosed.rid
  );
}

interface Singles {
  readonly first: SingleReceipt;
  /** What counts its repeats. */
  readonly repeats: readonly SingleReceipt[];
}

function singlesOf(file: string, text: string): Singles {
  const lacking = `${file} is no receipt with its proof: expected what companyos receipts show ID --output json prints, or its .single`;
  let found: { single?: unknown; repeats?: unknown };
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`${lacking} (${(error as Error).message})`);
  }
  const singleIn = (one: unknown): SingleReceipt => {
    const { receipt, endorsement, proof } = (one ?? {}) as Partial<SingleReceipt>;
    if ([receipt, endorsement, proof].some((part) => typeof part !== "string")) throw new Error(lacking);
    return { receipt: receipt!, endorsement: endorsement!, proof: proof! };
  };
  const repeats = Array.isArray(found.repeats) ? found.repeats : [];
  return {
    first: singleIn(found.single ?? found),
    repeats: repeats.map((one: { single?: unknown } | null) => singleIn(one?.single)),
  };
}
