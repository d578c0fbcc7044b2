/** What the notary may be asked, by route: for whoever describes it. Sizes are bounded before any of it is read. */

import { shipmentSchema } from "@companyos/outbox/wire";
import { listSchema, proveSchema } from "./requests.ts";

export const requestSchemas = {
  "POST /v1/journals/{journal}/records": { body: shipmentSchema },
  "POST /v1/prove": { body: proveSchema },
  "GET /v1/receipts": { query: listSchema },
} as const;
