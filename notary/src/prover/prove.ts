/**
 * Evidence of one tenant (RECEIPTS.md §4 and §5): closes the period with `evidence.sealed`, waits until a checkpoint
 * covers it, and streams the bundle.
 */

import {
  type DisclosureName,
  disclosureNames,
  type EvidencePredicate,
  formatInstant,
  formatReceipt,
  logChain,
  parseCheckpoint,
  type ReceiptClaims,
  type ReceiptEvent,
  type ShownReceipt,
  type StatementSigner,
  writeBundle,
} from "@companyos/receipts";
import type { Storage } from "@companyos/storage";

import { uuidv7 } from "../outbox/uuidv7.ts";
import { NotaryError } from "../writer/errors.ts";
import type { Issued } from "../writer/issue.ts";
import { checkpointKey } from "../writer/layout.ts";
import type { TenantChain } from "../writer/state.ts";
import type { Writer } from "../writer/writer.ts";
import type { DisclosureReader } from "./disclosures.ts";
import { published } from "./published.ts";
import { LogReader } from "./reader.ts";

export const allDisclosures: readonly DisclosureName[] = [
  ...new Set(Object.values(disclosureNames).flat()),
].sort();

export interface ProveRequest {
  readonly tenant: string;
  /** Tells tenants of the same name apart; default: the last one. */
  readonly uid?: string;
  readonly audience: string | null;
  readonly nonce: string | null;
  /** Seconds since the epoch; default the genesis, and the seal. */
  readonly from?: number;
  readonly to?: number;
  /** Which disclosable claims to show; default all. */
  readonly disclose?: readonly DisclosureName[];
  /** Who asks: recorded in the seal. */
  readonly user: string;
}

export interface ProverOptions {
  readonly origin: string;
  readonly region: string;
  readonly storage: Storage;
  readonly writer: Writer;
  readonly disclosures: DisclosureReader;
  readonly statement: StatementSigner;
  readonly now: () => number;
  /** Longest wait for the checkpoint that covers the seal, ms. Default 30,000. */
  readonly publishTimeoutMs?: number;
}

/**
 * Seals, waits, and returns the bundle's lines. Throws `unknown` for a tenant this log does not know,
 * `bad_request` for an impossible period, `unavailable` when no checkpoint comes.
 */
export async function prove(options: ProverOptions, request: ProveRequest): Promise<AsyncGenerator<string>> {
  const { storage, writer, origin } = options;
  await writer.ready();
  const chain = chainOf(writer, request.tenant, request.uid);
  // Ahead of the clock for as long as the clock is behind where it was.
  const seconds = Math.max(writer.state.iat, Math.floor(options.now() / 1000));
  if ((request.from ?? 0) > (request.to ?? seconds) || (request.to ?? 0) > seconds) {
    throw new NotaryError("bad_request", "the period ends before it begins, or has not ended yet");
  }
  const sealed = await writer.append(sealEvent(options, request, chain));
  await published(writer, sealed.place.idx + 1, options.publishTimeoutMs);
  const note = await storage.get(checkpointKey);
  const text = new TextDecoder().decode(note!.bytes);
  const { size } = parseCheckpoint(text.slice(0, text.indexOf("\n\n") + 1));
  const log = new LogReader(storage, size);
  const { indexes, from } = await select(log, chain, sealed, request);
  const disclose = request.disclose ?? allDisclosures;
  const statement: Omit<EvidencePredicate, "origin" | "size"> = {
    tenant: request.tenant,
    audience: request.audience,
    nonce: request.nonce,
    period: { from: formatInstant(from), to: formatInstant(request.to ?? sealed.place.iat) },
    disclosed: disclose,
  };
  return writeBundle({
    origin,
    size,
    receipts: shown(log, options.disclosures, indexes, new Set(disclose)),
    subtree: log.subtree,
    checkpoints: [{ note: text }],
    statement,
    signer: options.statement,
  });
}

/** Throws `unknown`. */
export function chainOf(writer: Writer, tenant: string, uid?: string): TenantChain {
  const chain = writer.state.tenantNamed(tenant, uid);
  if (chain !== undefined) return chain;
  throw new NotaryError(
    "unknown",
    `tenant ${tenant} has no receipt in this log: is this its home region's notary?`,
  );
}

/**
 * Indexes to show, rising: the whole of `_log` before the seal; of the tenant genesis, predecessor of the period, and
 * everything since.
 */
async function select(log: LogReader, chain: TenantChain, sealed: Issued, request: ProveRequest) {
  const { idx, logHead } = sealed.place;
  const indexes: number[] = [];
  for await (const { claims } of log.back(logHead?.idx ?? -1)) indexes.push(claims.idx);
  const genesis = (await log.entry(chain.first)).claims;
  const from = Math.min(request.from ?? genesis.iat, sealed.place.iat);
  for await (const { claims } of log.back(idx)) {
    indexes.push(claims.idx);
    if (claims.iat >= from) continue;
    if (claims.idx !== chain.first) indexes.push(chain.first);
    break;
  }
  return { indexes: indexes.sort((a, b) => a - b), from };
}

async function* shown(
  log: LogReader,
  disclosures: DisclosureReader,
  indexes: readonly number[],
  disclose: ReadonlySet<DisclosureName>,
): AsyncGenerator<ShownReceipt> {
  for (const index of indexes) {
    const { leaf, claims } = await log.entry(index);
    const all = await disclosures.of(claims.sub, index);
    const names = disclosureNames[claims.type];
    const kept = all.filter((_, i) => mustShow(claims, names[i]!) || mayShow(claims, names[i]!, disclose));
    yield { index, receipt: formatReceipt(leaf, kept) };
  }
}

/** Without these nobody can check the rest. */
function mustShow({ sub, seq, type }: ReceiptClaims, name: DisclosureName): boolean {
  if (sub === logChain || type === "evidence.sealed") return name === "details";
  return seq === 0 && name === "tenant";
}

function mayShow(
  { sub }: ReceiptClaims,
  name: DisclosureName,
  disclose: ReadonlySet<DisclosureName>,
): boolean {
  return sub !== logChain && disclose.has(name);
}

function sealEvent({ region, now }: ProverOptions, request: ProveRequest, chain: TenantChain): ReceiptEvent {
  const at = now();
  const { audience, nonce, user } = request;
  return {
    rid: uuidv7(at),
    type: "evidence.sealed",
    at,
    cluster: region,
    region,
    tenant: { name: chain.name, uid: chain.uid },
    decision: "none",
    reason: "",
    op: "none",
    kind: "EvidenceBundle",
    requested: [],
    allowed: [],
    plan: null,
    policy: null,
    count: 1,
    disclosable: { user, details: { audience, nonce, inventory: null } },
  };
}
