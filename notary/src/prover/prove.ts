/**
 * Evidence of one tenant's name (RECEIPTS.md §4 and §5): closes the period with `evidence.sealed`, waits until a
 * checkpoint covers it, and streams the bundle with every chain the name has in this log. A name the log does not
 * know gets a signed absence, and logged nowhere.
 */

import {
  type DisclosureName,
  disclosureNames,
  type EvidencePredicate,
  formatInstant,
  type ReceiptEvent,
  receiptEvent,
  type StatementSigner,
  writeBundle,
} from "@companyos/receipts";
import { uuidv7 } from "@companyos/service/uuidv7";
import { NotaryError } from "../writer/errors.ts";
import type { TenantChain } from "../writer/state.ts";
import { type AbsenceOptions, absence } from "./absence.ts";
import type { DisclosureReader } from "./disclosures.ts";
import { closingCheckpoint, published } from "./published.ts";
import { LogReader } from "./reader.ts";
import { select, shown, visibleChains } from "./select.ts";
import { openEarlier, openingCheckpoints } from "./since.ts";

export const allDisclosures: readonly DisclosureName[] = [
  ...new Set(Object.values(disclosureNames).flat()),
].sort();

export interface ProveRequest {
  readonly tenant: string;
  /**
   * Tenants of this name whose disclosures may be shown, by uid; default all. Chains of others are shown as they stand
   * in the log: evidence that left them out would be none.
   */
  readonly only?: ReadonlySet<string>;
  readonly audience: string | null;
  readonly nonce: string | null;
  /** Seconds since the epoch; default the genesis, and the seal. */
  readonly from?: number;
  readonly to?: number;
  /** Which disclosable claims to show; default all. */
  readonly disclose?: readonly DisclosureName[];
  /** Signed checkpoints of this log from before: the bundle proves that it continues them. */
  readonly since?: readonly string[];
  /** The caller; recorded in the seal. */
  readonly user: string;
  /** Called just before the seal, which stays in the chain for ever; throws to have none, and no evidence. */
  readonly sealing?: () => void;
}

/** A log's part of the evidence. `absence`: a signed note that the log has no chain of the name. */
export interface Part {
  readonly kind: "bundle" | "absence";
  readonly lines: AsyncIterable<string> | Iterable<string>;
}

export interface ProverOptions extends AbsenceOptions {
  readonly region: string;
  /** Verifier key of the checkpoints. */
  readonly vkey: string;
  readonly disclosures: DisclosureReader;
  readonly statement: StatementSigner;
  /** Longest wait for the checkpoint that covers the seal, ms. Default 30,000. */
  readonly publishTimeoutMs?: number;
}

/**
 * Throws `bad_request` for an impossible period, `denied` when no chain of the name is of `only`, `since_foreign`,
 * `since_forged`, `since_ahead` and `since_split` for checkpoints that are not this log's past, `unavailable` when no
 * checkpoint comes, and what `sealing` throws. Nothing is sealed then, except before `since_split`.
 */
export async function prove(options: ProverOptions, request: ProveRequest): Promise<Part> {
  const { storage, writer, origin, vkey, publishTimeoutMs } = options;
  await writer.ready();
  checkPeriod(options, request);
  await published(writer, 1, publishTimeoutMs);
  const out = await closingCheckpoint(storage);
  const earlier = await openEarlier(request.since ?? [], { vkey, size: out.size });
  const newest = visibleChains(writer.state, request.tenant, request.only).at(-1);
  if (newest === undefined) {
    return { kind: "absence", lines: await absence(options, request, out, earlier) };
  }

  request.sealing?.();
  const sealed = await writer.append(sealEvent(options, request, newest));
  await published(writer, sealed.place.idx + 1, publishTimeoutMs);
  const { note, size } = await closingCheckpoint(storage);
  const log = new LogReader(storage, size);
  const chains = writer.state.chainsNamed(request.tenant);
  const { indexes, period } = await select(log, sealed, chains, request);
  const others = chains.filter(({ uid }) => request.only?.has(uid) === false);
  const hidden = new Set(others.map(({ handle }) => handle));
  const disclose = request.disclose ?? allDisclosures;
  const statement: Omit<EvidencePredicate, "origin" | "size"> = {
    tenant: request.tenant,
    audience: request.audience,
    nonce: request.nonce,
    period: { from: formatInstant(period.from), to: formatInstant(period.to) },
    disclosed: disclose,
  };
  const lines = writeBundle({
    origin,
    size,
    receipts: shown(log, options.disclosures, indexes, { disclose: new Set(disclose), hidden }),
    subtree: log.subtree,
    checkpoints: [...(await openingCheckpoints(earlier, log)), { note }],
    statement,
    signer: options.statement,
  });
  return { kind: "bundle", lines };
}

function checkPeriod({ writer, now }: ProverOptions, { from = 0, to }: ProveRequest): void {
  // Ahead of the clock for as long as the clock is behind where it was.
  const seconds = Math.max(writer.state.iat, Math.floor(now() / 1000));
  if (from > (to ?? seconds) || (to ?? 0) > seconds) {
    throw new NotaryError("bad_request", "the period ends before it begins, or has not ended yet");
  }
}

function sealEvent({ region, now }: ProverOptions, request: ProveRequest, chain: TenantChain): ReceiptEvent {
  const at = now();
  const { audience, nonce, user } = request;
  return receiptEvent("evidence.sealed", {
    rid: uuidv7(at),
    at,
    cluster: region,
    region,
    tenant: { name: chain.name, uid: chain.uid },
    disclosable: { user, details: { audience, nonce, inventory: null } },
  });
}
