/** The requests of `POST /v1/prove` and `GET /v1/receipts` as schemas; the texts state what is expected. */

import { logChain, parseTime } from "@companyos/receipts";
import { check, sayInvalid } from "@companyos/service/body";
import { z } from "zod";

import type { ListRequest } from "../prover/list.ts";
import { allDisclosures, type ProveRequest } from "../prover/prove.ts";
import { NotaryError } from "../writer/errors.ts";

/** Notes of a bundle's opening checkpoints; with its closing one no more than a bundle may hold. */
const maxNotes = 8;
const maxPage = 10_000;

const expected = {
  tenant: "the name of a Tenant",
  line: "a line of 1 to 256 characters",
  instant: "a time such as 2026-01-31T12:00:00Z",
  period: "{from?, to?}",
  field: `fields to disclose, of: ${allDisclosures.join(", ")}`,
  notes: `a list of at most ${maxNotes} signed checkpoints`,
  number: (max: number) => `a number up to ${max}, once`,
  once: "one value",
  receipt: "the id of a receipt, a UUID",
  chain: `${logChain}, the log's own receipts`,
};

const tenantName = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
const tenant = z.string(expected.tenant).regex(tenantName, expected.tenant);
const line = z.string(expected.line).regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, expected.line);
const instant = z
  .string(expected.instant)
  .refine((text) => parseTime(text) !== undefined, expected.instant)
  .meta({ format: "date-time" });

export const proveSchema = z.strictObject(
  {
    tenant,
    audience: line.nullish(),
    nonce: line.nullish(),
    period: z.strictObject({ from: instant.optional(), to: instant.optional() }, expected.period).optional(),
    disclose: z.array(z.enum(allDisclosures, expected.field), expected.field).optional(),
    since: z.array(z.string(expected.notes), expected.notes).max(maxNotes, expected.notes).optional(),
  },
  "a JSON object",
);

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const number = (max: number) =>
  z
    .string(expected.number(max))
    .regex(/^\d{1,15}$/, expected.number(max))
    .refine((text) => Number(text) <= max, expected.number(max));

export const listSchema = z
  .strictObject({
    tenant: z.string(expected.once).regex(tenantName, expected.tenant).optional(),
    chain: z.literal(logChain, expected.chain).optional(),
    type: z.string(expected.once).optional(),
    receipt: z.string(expected.once).regex(uuid, expected.receipt).optional(),
    since: instant.optional(),
    limit: number(maxPage)
      .refine((text) => Number(text) > 0, "at least 1")
      .optional(),
    continue: number(Number.MAX_SAFE_INTEGER).optional(),
  })
  .refine(({ tenant: name, chain }) => (chain === undefined) !== (name === undefined), {
    error: `a tenant, ?tenant=<name>, or ?chain=${logChain} for the log's own receipts`,
  });

export function isTenantName(value: unknown): value is string {
  return tenant.safeParse(value).success;
}

/** Throws NotaryError `bad_request`. */
export function proveRequestOf(body: unknown, user: string): ProveRequest {
  const { period, disclose, since, ...rest } = read(proveSchema, body);
  return {
    tenant: rest.tenant,
    user,
    audience: rest.audience ?? null,
    nonce: rest.nonce ?? null,
    ...(period?.from === undefined ? {} : { from: parseTime(period.from)! }),
    ...(period?.to === undefined ? {} : { to: parseTime(period.to)! }),
    ...(disclose && { disclose: [...new Set(disclose)].sort() }),
    ...(since && { since }),
  };
}

/** Throws NotaryError `bad_request`. */
export function listRequestOf(query: unknown): ListRequest {
  const {
    tenant: name,
    type,
    receipt: rid,
    since,
    limit = "100",
    continue: before,
  } = read(listSchema, query, "query");
  return {
    limit: Number(limit),
    ...(name === undefined ? {} : { tenant: name }),
    ...(type === undefined ? {} : { type }),
    ...(rid === undefined ? {} : { rid }),
    ...(since === undefined ? {} : { since: parseTime(since)! }),
    ...(before === undefined ? {} : { before: Number(before) }),
  };
}

function read<T>(schema: z.ZodType<T>, value: unknown, whole?: string): T {
  const checked = check(schema, value);
  if ("value" in checked) return checked.value;
  const { invalid } = checked;
  throw new NotaryError("bad_request", sayInvalid(invalid, whole), { invalid });
}
