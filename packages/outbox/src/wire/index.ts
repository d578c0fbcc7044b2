/** What the notary needs to read shipments. */

export type { FormatErrorCode } from "./format-error.ts";
export { FormatError } from "./format-error.ts";
export type {
  ClosingRecord,
  GapReason,
  GapRecord,
  SealedRecord,
  SealingIdentity,
  Shipment,
  ShipmentResponse,
  WireRecord,
  WireSegment,
} from "./shipment.ts";
export { firstOffset, isJournalId, recordDigest, shipmentLimits } from "./shipment.ts";
export { parseShipment, shipmentSchema } from "./shipment-schema.ts";
export type { JournalRecord, RecordContent } from "./unseal.ts";
export { unsealRecords } from "./unseal.ts";
