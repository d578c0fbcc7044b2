import {
  type BundleSource,
  type DisclosureName,
  type EvidencePredicate,
  encodeBase64,
  encodeBase64url,
  formatInstant,
  formatReceipt,
  formatVerifierKey,
  isAlwaysShown,
  issueReceipt,
  leafHash,
  logChain,
  newHandle,
  nodeHash,
  type ReceiptEvent,
  type ReceiptPlace,
  rootOf,
  signCheckpoint,
  signEndorsement,
  type Trust,
  toRootKey,
  writeBundle,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { ed25519Key, p256Key, type TestKey } from "./keys.ts";

/** Builds logs and bundles in memory, as a notary would, and as one that cheats would. */

export const origin = "companyos.example/residency/eu-west-1";
export const started = 1_790_000_000;

export interface LoggedReceipt {
  readonly leaf: string;
  readonly disclosures: readonly string[];
  readonly type: ReceiptEvent["type"];
  readonly sub: string;
  readonly seq: number;
  readonly iat: number;
}

export const event = (changes: Partial<ReceiptEvent> = {}): ReceiptEvent => ({
  rid: "01990000-0000-7000-8000-000000000000",
  type: "admission.blocked",
  at: started * 1000,
  cluster: "one",
  region: "eu-west-1",
  tenant: { name: "acme", uid: "6f1e" },
  decision: "block",
  reason: "REGION_OUTSIDE",
  op: "CREATE",
  kind: "Pod",
  requested: ["us-east-1"],
  allowed: ["eu-west-1"],
  plan: null,
  policy: null,
  count: 1,
  disclosable: { namespace: "acme", name: "api-0", user: "jane" },
  ...changes,
});

const quiet = { decision: "none", reason: "", op: "none", kind: "none", requested: [], allowed: [] } as const;

export const opened = (name = "acme"): ReceiptEvent =>
  event({ ...quiet, type: "tenant.opened", tenant: { name, uid: "6f1e" }, disclosable: {} });

export const observed = (region = "eu-west-1"): ReceiptEvent =>
  event({
    ...quiet,
    type: "placement.observed",
    decision: "allow",
    kind: "Pod",
    requested: [region],
    allowed: ["eu-west-1"],
    disclosable: { node: "n1" },
  });

export const sealed = (audience: string | null = null, nonce: string | null = null): ReceiptEvent =>
  event({
    ...quiet,
    type: "evidence.sealed",
    disclosable: { details: { audience, nonce, inventory: null } },
  });

function endorsed(endorsement: string): ReceiptEvent {
  const { tenant: _, ...rest } = event({
    ...quiet,
    type: "key.endorsed",
    disclosable: { details: { endorsement } },
  });
  return rest;
}

export interface Showing {
  readonly from?: number;
  readonly audience?: string;
  readonly nonce?: string;
  readonly disclose?: readonly string[];
  readonly period?: { readonly from: number; readonly to: number };
  /** Indexes to leave out although they belong in. */
  readonly hide?: readonly number[];
  readonly change?: (source: BundleSource) => BundleSource;
}

export class TestLog {
  readonly receipts: LoggedReceipt[] = [];
  readonly origin: string;
  readonly logKey: TestKey = ed25519Key();
  readonly root: TestKey = p256Key();
  readonly keys = new Map<string, TestKey>();
  readonly #chains = new Map<string, { seq: number; idx: number }>();
  readonly #levels: Uint8Array[][] = [[]];
  kid = "receipt-0";
  statementKid = "statement-0";
  now = started;
  #n = 0;

  constructor(name = origin) {
    this.origin = name;
  }

  /** A log whose first two receipts endorse its keys. */
  static async open(name = origin): Promise<TestLog> {
    const log = new TestLog(name);
    await log.endorse("receipt-0", "receipt");
    await log.endorse("statement-0", "statement");
    return log;
  }

  keyOf(kid: string): TestKey {
    const key = this.keys.get(kid) ?? ed25519Key();
    this.keys.set(kid, key);
    return key;
  }

  signEndorsement(
    kid: string,
    usage: "receipt" | "statement",
    changes: { from?: number; origin?: string; sign?: TestKey["sign"]; vkey?: string } = {},
  ): Promise<string> {
    const vkey = changes.vkey ?? formatVerifierKey(`${this.origin}/${kid}`, this.keyOf(kid).publicKey);
    const from = changes.from ?? this.receipts.length;
    const sign = changes.sign ?? this.root.sign;
    return signEndorsement(
      { origin: changes.origin ?? this.origin, vkey, kid, usage, from },
      { kid: "root", sign },
    );
  }

  async endorse(kid: string, usage: "receipt" | "statement", endorsement?: string): Promise<void> {
    const jws = endorsement ?? (await this.signEndorsement(kid, usage));
    if (usage === "receipt") this.kid = kid;
    await this.add(logChain, endorsed(jws));
  }

  /** Appends an event to the chain `sub`; `place` forges where it stands. */
  async add(sub: string, what: ReceiptEvent, place: Partial<ReceiptPlace> = {}): Promise<LoggedReceipt> {
    const idx = this.receipts.length;
    const before = this.#chains.get(sub);
    const head = this.#chains.get(logChain);
    const seq = (before?.seq ?? -1) + 1;
    const whole: ReceiptPlace = {
      iss: this.origin,
      iat: this.now++,
      idx,
      sub,
      seq,
      prev: before?.idx ?? -1,
      src: "journal",
      n: this.#n++,
      ...(head === undefined ? {} : { logHead: head }),
      ...place,
    };
    const issued = await issueReceipt({
      event: what,
      place: whole,
      kid: this.kid,
      sign: (bytes) => this.keyOf(this.kid).sign(bytes),
      random: nodeCrypto.randomBytes,
    });
    return this.put({ ...issued, type: what.type, sub: whole.sub, seq: whole.seq, iat: whole.iat });
  }

  /** Appends a leaf as it is. */
  put(receipt: LoggedReceipt): LoggedReceipt {
    const { sub, seq } = receipt;
    this.#chains.set(sub, { seq, idx: this.receipts.length });
    this.receipts.push(receipt);
    let level = 0;
    this.#levels[0]!.push(leafHash(Buffer.from(receipt.leaf)));
    while (this.#levels[level]!.length % 2 === 0) {
      const [left, right] = this.#levels[level]!.slice(-2);
      level++;
      this.#levels[level] ??= [];
      this.#levels[level]!.push(nodeHash(left!, right!));
    }
    return receipt;
  }

  /** Replaces a leaf that is in the log already: what a rewritten log would hold. */
  replace(index: number, leaf: string): void {
    const all = this.receipts.splice(0);
    for (const level of this.#levels) level.length = 0;
    for (const [i, receipt] of all.entries()) this.put(i === index ? { ...receipt, leaf } : receipt);
  }

  subtree = (level: number, index: number): Uint8Array => this.#levels[level]![index]!;

  async checkpoint(size = this.receipts.length): Promise<string> {
    const root = await rootOf(size, this.subtree);
    return signCheckpoint({ origin: this.origin, size, root }, this.logKey);
  }

  trust(changes: Partial<Trust> = {}): Trust {
    return {
      version: 1,
      expires: formatInstant(started + 10_000_000),
      previous: null,
      logs: [
        {
          origin: this.origin,
          vkey: formatVerifierKey(this.origin, this.logKey.publicKey),
          region: "eu-west-1",
          jurisdiction: "EU",
          roots: [toRootKey(this.root.publicKey, "root")],
        },
      ],
      quorum: null,
      minimum: [],
      ...changes,
    };
  }

  /** What a bundle of `sub` is made of. The chain ends with its last receipt. */
  async source(sub: string, showing: Showing = {}): Promise<BundleSource> {
    const own = this.receipts.filter((receipt) => receipt.sub === sub);
    const last = this.receipts.lastIndexOf(own.at(-1)!);
    const { from = 0, audience = null, nonce = null, disclose = [], hide = [] } = showing;
    const shown = [...this.receipts.entries()].filter(([index, receipt]) => {
      if (index > last || hide.includes(index)) return false;
      return receipt.sub === logChain || (receipt.sub === sub && (receipt.seq === 0 || receipt.seq >= from));
    });
    const receipts = shown.map(([index, receipt]) => ({ index, receipt: this.show(receipt, disclose) }));
    const size = this.receipts.length;
    const period = showing.period ?? { from: started, to: own.at(-1)!.iat };
    const statement: Omit<EvidencePredicate, "origin" | "size"> = {
      tenant: "acme",
      audience,
      nonce,
      period: { from: formatInstant(period.from), to: formatInstant(period.to) },
      disclosed: disclose as string[],
    };
    const source: BundleSource = {
      origin: this.origin,
      size,
      receipts,
      subtree: this.subtree,
      checkpoints: [{ note: await this.checkpoint() }],
      statement,
      signer: { kid: this.statementKid, sign: this.keyOf(this.statementKid).sign },
    };
    return showing.change?.(source) ?? source;
  }

  show({ leaf, disclosures, sub, seq, type }: LoggedReceipt, disclose: readonly string[]): string {
    const nameOf = (text: string): DisclosureName => JSON.parse(Buffer.from(text, "base64url").toString())[1];
    const kept = disclosures.filter((text) => {
      return isAlwaysShown({ sub, seq, type }, nameOf(text)) || disclose.includes(nameOf(text));
    });
    return formatReceipt(leaf, kept);
  }

  async bundle(sub: string, showing: Showing = {}): Promise<string> {
    return textOf(await this.source(sub, showing));
  }

  known(size: number): Promise<{ origin: string; size: number; root: string }> {
    return rootOf(size, this.subtree).then((root) => ({
      origin: this.origin,
      size,
      root: encodeBase64(root),
    }));
  }
}

export async function textOf(source: BundleSource): Promise<string> {
  let text = "";
  for await (const line of writeBundle(source)) text += line;
  return text;
}

export const handle = (): string => newHandle(nodeCrypto.randomBytes);

/** A log with acme's chain among another tenant's: opened, blocks, placements, seal. */
export async function storyLog(): Promise<{ log: TestLog; sub: string; other: string }> {
  const log = await TestLog.open();
  const [sub, other] = [handle(), handle()];
  await log.add(sub, opened());
  await log.add(other, opened("globex"));
  for (let i = 0; i < 5; i++) await log.add(other, observed());
  await log.add(sub, event());
  await log.add(sub, observed());
  await log.add(other, event({ tenant: { name: "globex", uid: "77aa" } }));
  await log.add(sub, event({ type: "admission.repeated", count: 4 }));
  await log.add(sub, sealed());
  for (let i = 0; i < 6; i++) await log.add(other, observed());
  return { log, sub, other };
}

/** A receipt whose payload was changed and signed again by its key. */
export function resign(
  log: TestLog,
  leaf: string,
  change: (claims: Record<string, unknown>) => unknown,
  header?: object,
  kid = log.kid,
): string {
  const [head, body] = leaf.split(".") as [string, string];
  const claims = JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>;
  const changed = change(claims) ?? claims;
  const payload = typeof changed === "string" ? changed : JSON.stringify(changed);
  const encoded = header === undefined ? head : encodeBase64url(Buffer.from(JSON.stringify(header)));
  const input = `${encoded}.${encodeBase64url(Buffer.from(payload))}`;
  return `${input}.${encodeBase64url(log.keyOf(kid).sign(Buffer.from(input)))}`;
}
