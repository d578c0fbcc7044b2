/** The body of `POST /v1/journals/<journal>/records` as a schema; its texts say what was expected. */

import { check, sayInvalid } from "@companyos/service/body";
import { z } from "zod";
import { FormatError } from "./format-error.ts";
import { firstOffset, type Shipment, shipmentLimits } from "./shipment.ts";

const maxWrappedLength = 2048;
const maxDataLength = Math.ceil((shipmentLimits.recordBytes * 4) / 3);

const expected = {
  offset: "a whole number from 0",
  id: "128 bits in base64url",
  wrapped: `a compact JWE of at most ${maxWrappedLength} characters`,
  data: `base64url of at most ${shipmentLimits.recordBytes} bytes`,
  cluster: "a name of 1 to 253 characters",
  digest: "a SHA-256 in base64url",
  segments: `a list of at most ${2 * shipmentLimits.records} segments`,
  segment: "a segment: {id, wrapped}",
  records: `a list of at most ${shipmentLimits.records} records`,
  record: "a record: {offset, segment, data, first?} or {offset, gap}",
  gap: "{from, at, reason}",
};

const offset = z.int(expected.offset).min(0, expected.offset);
const id = z.string(expected.id).regex(/^[A-Za-z0-9_-]{22}$/, expected.id);

const segment = z.object(
  { id, wrapped: z.string(expected.wrapped).max(maxWrappedLength, expected.wrapped) },
  expected.segment,
);

const sealed = z.object(
  {
    offset,
    segment: id,
    data: z
      .string(expected.data)
      .max(maxDataLength, expected.data)
      .regex(/^[A-Za-z0-9_-]*$/, expected.data),
  },
  expected.record,
);

const gap = z
  .object(
    {
      offset,
      gap: z.object(
        {
          from: offset,
          at: offset,
          reason: z.enum(["corrupt", "deleted"], "corrupt or deleted"),
        },
        expected.gap,
      ),
    },
    expected.record,
  )
  .refine((record) => record.gap.from <= record.offset, {
    path: ["gap", "from"],
    error: "no offset after the record's own",
  });

const record = z.union([
  sealed.extend({ first: sealed.exactOptional(), gap: z.never("no gap").exactOptional() }),
  gap,
]);

export const shipmentSchema: z.ZodType<Shipment> = z
  .object(
    {
      from: offset,
      cluster: z.string(expected.cluster).regex(/^[^\p{Cc}\p{Cs}]{1,253}$/u, expected.cluster),
      previous: z
        .string(expected.digest)
        .regex(/^[A-Za-z0-9_-]{43}$/, expected.digest)
        .exactOptional(),
      segments: z.array(segment, expected.segments).max(2 * shipmentLimits.records, expected.segments),
      records: z.array(record, expected.records).max(shipmentLimits.records, expected.records),
    },
    "a shipment: {from, cluster, previous?, segments, records}",
  )
  .superRefine((shipment, context) => {
    let next = shipment.from;
    for (const [i, record] of shipment.records.entries()) {
      if (firstOffset(record) !== next) {
        const path = ["records", i, ...("gap" in record ? ["gap", "from"] : ["offset"])];
        context.addIssue({
          code: "custom",
          path,
          message: `${next}: records follow each other without a hole`,
        });
        return;
      }
      next = record.offset + 1;
    }
  });

/** Strict reading of a request's JSON. Throws FormatError `bad_shipment` that names the field. */
export function parseShipment(body: unknown): Shipment {
  const checked = check(shipmentSchema, body);
  if ("value" in checked) return checked.value;
  const { invalid } = checked;
  throw new FormatError("bad_shipment", sayInvalid(invalid), { invalid });
}
