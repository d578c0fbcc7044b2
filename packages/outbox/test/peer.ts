/** A notary's ingestion over plain HTTP on loopback: exact by offset, with everything it got in memory. */

import { once } from "node:events";
import type { IncomingMessage, Server } from "node:http";
import { createServer } from "node:http";
import { freePort } from "@companyos/cluster";
import type { Keys } from "@companyos/keys";
import { openLocalKeys } from "@companyos/keys/local";
import type { ReceiptEvent } from "@companyos/receipts";
import type { Outbox, OutboxOptions, OutboxSeams } from "../src/index.ts";
import { openOutbox } from "../src/index.ts";
import type { JournalRecord } from "../src/wire/index.ts";
import { parseShipment, unsealRecords } from "../src/wire/index.ts";

export class Peer {
  readonly region: string;
  readonly keys: Keys;
  #server: Server | undefined;
  readonly #port: number;
  /** Journal → what is committed, in order. */
  readonly journals = new Map<string, JournalRecord[]>();
  requests = 0;
  tokens = new Set<string | undefined>();
  largest = { records: 0, bytes: 0 };
  /** Takes the place of the normal answer when it returns one. */
  intercept: (path: string, body: unknown) => { status: number; body: unknown } | undefined = () => undefined;

  static async open(region: string, keysDir: string): Promise<Peer> {
    // Not one of those that outgoing connections take: it comes back on the same.
    const peer = new Peer(region, await openLocalKeys({ dir: keysDir, create: true }), await freePort());
    await peer.start();
    return peer;
  }

  private constructor(region: string, keys: Keys, port: number) {
    this.region = region;
    this.keys = keys;
    this.#port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Comes (back) on the same port. */
  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request).then(
        ({ status, body }) =>
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
        (error) => response.writeHead(422).end(JSON.stringify({ code: error.code, message: error.message })),
      );
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
  }

  records(journal: string): JournalRecord[] {
    return this.journals.get(journal) ?? [];
  }

  events(journal: string): ReceiptEvent[] {
    return this.records(journal).flatMap((record) => (record.kind === "event" ? [record.event] : []));
  }

  async #answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    this.requests++;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const path = request.url as string;
    const body = text === "" ? undefined : JSON.parse(text);
    const instead = this.intercept(path, body);
    if (instead !== undefined) return instead;
    if (path === "/v1/identity") {
      return { status: 200, body: { region: this.region, sealing: await this.keys.publicJwk("journal") } };
    }
    this.tokens.add(request.headers.authorization);
    const journal = /^\/v1\/journals\/([A-Za-z0-9_-]{22})\/records$/.exec(path)?.[1] as string;
    const shipment = parseShipment(body);
    this.largest.records = Math.max(this.largest.records, shipment.records.length);
    this.largest.bytes = Math.max(this.largest.bytes, text.length);
    const done = this.records(journal);
    const mark = done.at(-1)?.offset ?? -1;
    if (shipment.from > mark + 1) return { status: 409, body: { code: "gap", expected: mark + 1 } };
    const unsealer = await this.keys.unsealer("journal");
    const { segments, records } = shipment;
    const read = await unsealRecords(unsealer, { journal, region: this.region }, segments, records);
    this.journals.set(journal, [...done, ...read.filter(({ offset }) => offset > mark)]);
    const last = this.records(journal).at(-1);
    return { status: 200, body: { acknowledged: last?.offset ?? -1, digest: last?.digest } };
  }
}

/** ms: for what must come. Far longer than it takes; a machine may stand still for a while. */
export const timeoutMs = 60_000;

let made = 0;

/** A block as the webhook writes it. `name` tells events apart. */
export function event(region: string, name: string, over: Partial<ReceiptEvent> = {}): ReceiptEvent {
  const tail = (made++).toString(16).padStart(12, "0");
  const process = globalThis.process.pid.toString(16).padStart(8, "0").slice(-8);
  return {
    rid: `${process}-0000-7000-8000-${tail}`,
    type: "admission.blocked",
    at: 1_700_000_000_000 + made,
    cluster: "test",
    region,
    tenant: { name: "acme", uid: "6f1c0000-0000-4000-8000-000000000000" },
    decision: "block",
    reason: "REGION_NOT_ALLOWED",
    op: "CREATE",
    kind: "Pod",
    requested: ["us-east-1"],
    allowed: ["eu-west-1"],
    plan: `sha256:${"0".repeat(64)}`,
    policy: null,
    count: 1,
    disclosable: { name, user: "secret-user@example.com" },
    ...over,
  };
}

export const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** A sender that waits for its region's key as long as it takes. */
export const openSender = (
  options: Pick<OutboxOptions, "dir" | "regions"> & Partial<OutboxOptions>,
  seams: OutboxSeams = {},
): Promise<Outbox> =>
  openOutbox(
    { cluster: "test", ca: () => undefined, token: () => "token", log: silent, faults: () => {}, ...options },
    { keyWaitMs: timeoutMs, ...seams },
  );
