/** Requests by route, for an API description. Sizes are limited before a body is parsed. */

import { shipmentSchema } from "@companyos/outbox/wire";
import { listSchema, proveSchema } from "./requests.ts";

export const requestSchemas = {
  "POST /v1/journals/{journal}/records": { body: shipmentSchema },
  "POST /v1/prove": { body: proveSchema },
  "GET /v1/receipts": { query: listSchema },
} as const;
