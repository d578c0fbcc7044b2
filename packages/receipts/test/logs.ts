import {
  type BundleCheckpoint,
  type BundleSource,
  type ChainHead,
  consistencyProof,
  type DeclaredLack,
  type EvidencePart,
  formatInstant,
  type Json,
  logChain,
  rootOf,
  signAbsence,
  type Trust,
  type Verdict,
  type VerifyOptions,
  verifyEvidence,
  writeAbsence,
  writeEvidenceSet,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { event, handle, opened, sealed, started, TestLog, textOf } from "./log.ts";

/** Several regions with a log each, one clock, and what notaries and operator write about a tenant's name in them. */

export interface Asked {
  readonly tenant?: string;
  readonly audience?: string;
  readonly nonce?: string;
  /** Seconds: the beginning of the period. */
  readonly since?: number;
  /** Its end; default the seal. */
  readonly until?: number;
  /** Checkpoints that the part shall prove to continue: their sizes. */
  readonly continues?: readonly number[];
  readonly change?: (source: BundleSource) => BundleSource | Promise<BundleSource>;
  /** Changes what the seal says of the chains. */
  readonly heads?: (heads: ChainHead[]) => ChainHead[] | undefined;
}

export interface TenantChain {
  readonly region: string;
  readonly name: string;
  readonly uid: string;
  readonly sub: string;
}

const none = {
  decision: "none",
  reason: "",
  op: "none",
  kind: "Tenant",
  requested: [],
  allowed: [],
} as const;

export class TestLogs {
  readonly logs = new Map<string, TestLog>();
  readonly chains: TenantChain[] = [];
  clock = started;
  #links = 0;

  static async of(...regions: string[]): Promise<TestLogs> {
    const logs = new TestLogs();
    for (const region of regions) await logs.open(region);
    return logs;
  }

  async open(region: string): Promise<TestLog> {
    const log = await TestLog.open(`companyos.example/residency/${region}`);
    this.clock = Math.max(this.clock, log.now);
    this.logs.set(region, log);
    return log;
  }

  log(region: string): TestLog {
    return this.logs.get(region)!;
  }

  trust(changes: Partial<Trust> = {}): Trust {
    const logs = [...this.logs].map(([region, log]) => ({ ...log.trust().logs[0]!, region }));
    return { ...this.logs.values().next().value!.trust(), logs, ...changes };
  }

  chainsIn(region: string, name: string): TenantChain[] {
    return this.chains.filter((chain) => chain.region === region && chain.name === name);
  }

  async add(chain: TenantChain, what: ReturnType<typeof event>, place = {}): Promise<void> {
    const log = this.log(chain.region);
    log.now = ++this.clock;
    const { name, uid } = chain;
    await log.add(chain.sub, { ...what, tenant: { name, uid } }, place);
  }

  /** The chain of a uid; a new one is opened as the notary does, linked with the one of that name before it. */
  async chain(region: string, uid: string, name = "acme", linked = true): Promise<TenantChain> {
    const known = this.chainsIn(region, name);
    const found = known.find((chain) => chain.uid === uid);
    if (found !== undefined) return found;
    const fresh = { region, name, uid, sub: handle() };
    this.chains.push(fresh);
    await this.add(fresh, opened(name));
    const before = known.at(-1);
    if (before === undefined || !linked) return fresh;
    const { origin } = this.log(region);
    await this.handover(fresh, { from: { origin, uid: before.uid, handle: before.sub } });
    await this.handover(before, { to: { origin, uid, handle: fresh.sub } });
    return fresh;
  }

  handover(chain: TenantChain, details: Json): Promise<void> {
    return this.add(chain, event({ ...none, type: "tenant.handover", disclosable: { details } }));
  }

  async block(region: string, uid: string, name = "acme"): Promise<void> {
    await this.add(await this.chain(region, uid, name), event());
  }

  /** What the operator sends to both regions. */
  async move(
    from: { region: string; uid: string },
    to: { region: string; uid: string },
    sides: readonly ("from" | "to")[] = ["from", "to"],
  ): Promise<void> {
    const details = { link: `link-${this.#links++}`, from, to };
    if (sides.includes("from")) await this.handover(await this.chain(from.region, from.uid), details);
    if (sides.includes("to")) await this.handover(await this.chain(to.region, to.uid), details);
  }

  /** What the notary of a region responses: a bundle, or an absence. */
  async prove(region: string, asked: Asked = {}): Promise<string> {
    const chains = this.chainsIn(region, asked.tenant ?? "acme");
    return chains.length === 0 ? this.absence(region, asked) : this.bundle(region, asked);
  }

  async absence(region: string, asked: Asked = {}, time = ++this.clock): Promise<string> {
    const { tenant = "acme", audience = null, nonce = null } = asked;
    const log = this.log(region);
    const size = log.receipts.length;
    const root = await rootOf(size, log.subtree);
    const note = await signAbsence(
      { origin: log.origin, size, root, time, tenant, audience, nonce },
      log.logKey,
    );
    return [...writeAbsence(note, await this.#checkpoints(log, size, asked))].join("");
  }

  async bundle(region: string, asked: Asked = {}): Promise<string> {
    const log = this.log(region);
    const chains = this.chainsIn(region, asked.tenant ?? "acme");
    const heads = chains.map(({ sub }) => headOf(log, sub));
    const place = asked.heads ? asked.heads(heads) : heads;
    const newest = chains.at(-1)!;
    const { audience = null, nonce = null } = asked;
    await this.add(newest, sealed(audience, nonce), place === undefined ? {} : { chains: place });
    return textOf(await this.#source(log, chains, asked));
  }

  async #source(log: TestLog, chains: readonly TenantChain[], asked: Asked): Promise<BundleSource> {
    const subs = new Set(chains.map(({ sub }) => sub));
    const size = log.receipts.length;
    const last = size - 1;
    const since = asked.since ?? started;
    const shown = [...log.receipts.entries()].filter(([index, { sub, seq, iat }]) => {
      if (sub === logChain) return true;
      if (!subs.has(sub)) return false;
      const next = log.receipts.slice(index + 1).find((later) => later.sub === sub);
      return seq === 0 || iat >= since || (next?.iat ?? Number.POSITIVE_INFINITY) >= since;
    });
    const { audience = null, nonce = null } = asked;
    const source: BundleSource = {
      origin: log.origin,
      size,
      receipts: shown.map(([index, receipt]) => ({ index, receipt: log.show(receipt, []) })),
      subtree: log.subtree,
      checkpoints: await this.#checkpoints(log, size, asked),
      statement: {
        tenant: asked.tenant ?? "acme",
        audience,
        nonce,
        period: { from: formatInstant(since), to: formatInstant(asked.until ?? log.receipts[last]!.iat) },
        disclosed: [],
      },
      signer: { kid: log.statementKid, sign: log.keyOf(log.statementKid).sign },
    };
    return (await asked.change?.(source)) ?? source;
  }

  async #checkpoints(log: TestLog, size: number, { continues = [] }: Asked): Promise<BundleCheckpoint[]> {
    const earlier = continues.map(async (old) => ({
      note: await log.checkpoint(old),
      proof: await consistencyProof(old, size, log.subtree),
    }));
    return [...(await Promise.all(earlier)), { note: await log.checkpoint(size) }];
  }

  /** Responses of every region. */
  async all(asked: Asked = {}): Promise<Map<string, string>> {
    const responses = new Map<string, string>();
    for (const region of this.logs.keys()) responses.set(region, await this.prove(region, asked));
    return responses;
  }

  async set(responses: ReadonlyMap<string, string>, lacks: readonly DeclaredLack[] = []): Promise<string> {
    const parts = [...responses].map(
      ([region, text]): EvidencePart => ({
        origin: this.log(region).origin,
        bytes: [Buffer.from(text)],
      }),
    );
    return joined(parts, lacks);
  }

  verify(text: string, options: Partial<VerifyOptions> = {}): Promise<Verdict> {
    const now = (this.clock + 10) * 1000;
    return verifyEvidence(Buffer.from(text), { trust: this.trust(), crypto: nodeCrypto, now, ...options });
  }

  /** Honest evidence over every region, verified. */
  async verified(asked: Asked = {}, options: Partial<VerifyOptions> = {}): Promise<Verdict> {
    return this.verify(await this.set(await this.all(asked)), options);
  }
}

export async function joined(
  parts: readonly EvidencePart[],
  lacks: readonly DeclaredLack[],
): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of writeEvidenceSet(parts, lacks)) pieces.push(bytes);
  return Buffer.concat(pieces).toString();
}

export function headOf(log: TestLog, sub: string): ChainHead {
  const idx = log.receipts.findLastIndex((receipt) => receipt.sub === sub);
  return { handle: sub, seq: log.receipts[idx]!.seq, idx };
}

/** The codes of what keeps evidence from being complete; the refusal's when it is invalid. */
export const outcome = (verdict: Verdict): string[] =>
  verdict.valid ? verdict.lacks.map(({ code }) => code) : [`refused: ${verdict.code}`];
