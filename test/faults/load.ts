/** A steady stream of attempts to leave the region and of lawful creations, with every answer written down. */

import type { ClusterAccess } from "@companyos/cluster";
import { Agent, request } from "undici";
import { receiptIdIn } from "../src/evidence.ts";
import { until } from "../src/until.ts";
import { type Creation, lawful, unlawful, waitingPods } from "./requests.ts";

/** Everything that was answered, and what was not. */
export interface Tally {
  /** Receipt id → how many answers showed it. */
  readonly shown: ReadonlyMap<string, number>;
  readonly unlawful: {
    sent: number;
    /** 403 with a receipt id. */
    receipted: number;
    /** 403 of the in-process layer, or of a webhook whose journal did not take it. */
    refusedOtherwise: number;
    /** Of those: the webhook said that its journal did not take it. */
    unrecorded: number;
    /** 201: no webhook answered; the in-process layer must keep it harmless. */
    readonly stored: Creation[];
    /** Connection errors, time-outs, 5xx, 429; `whyUnanswered` says which. */
    unanswered: number;
    /** Anything else, told in `unexpected`. */
    other: number;
  };
  readonly lawful: {
    sent: number;
    /** Succeeded at the first, second, third try. */
    readonly tries: [number, number, number];
    failed: number;
  };
  /** Why requests of either kind had no answer, each try counted: a status or an error → how many. */
  readonly whyUnanswered: ReadonlyMap<string, number>;
  /** Not sent because too much was under way. */
  skipped: number;
  /** Texts of responses that should not occur, at most 20. */
  readonly unexpected: string[];
  /** Milliseconds of each answered request. */
  readonly latencies: number[];
  /** Those of lawful creations alone. */
  readonly lawfulLatencies: number[];
}

export interface LoadOptions {
  readonly cluster: Pick<ClusterAccess, "url" | "caPem" | "adminCert" | "adminKey">;
  /** Begins the names of all that it makes. Default one of its own in this process. */
  readonly id?: string;
  readonly namespace: string;
  /** Of each kind, a second. */
  readonly rate: number;
  /** Default true. */
  readonly lawful?: boolean;
  /** Only pods: attempts that name a node, creations that say nothing of regions. */
  readonly podsOnly?: boolean;
  readonly inFlight?: number;
  /** How long one try lasts at most, its wait for a connection included. Default 25 s. Once sent it has 20 s for its response. */
  readonly timeoutMs?: number;
  /**
   * A client that meets an outage waits this long before its second and third try. Default 2 s and 10 s: a busy
   * machine's control plane takes its time.
   */
  readonly waitsMs?: readonly [number, number];
}

let loads = 0;

const waitingCount = 8;

export class Load {
  readonly #shown = new Map<string, number>();
  readonly #whyUnanswered = new Map<string, number>();
  readonly tally: Tally = {
    shown: this.#shown,
    whyUnanswered: this.#whyUnanswered,
    unlawful: {
      sent: 0,
      receipted: 0,
      refusedOtherwise: 0,
      unrecorded: 0,
      stored: [],
      unanswered: 0,
      other: 0,
    },
    lawful: { sent: 0, tries: [0, 0, 0], failed: 0 },
    skipped: 0,
    unexpected: [],
    latencies: [],
    lawfulLatencies: [],
  };
  readonly #options: LoadOptions;
  /** Tells the names of several loads on one tenant apart. */
  readonly #id: string;
  readonly #agent: Agent;
  readonly #underWay = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #n = 0;
  #began = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#id = options.id ?? `load-${++loads}`;
    const { caPem, adminCert, adminKey } = options.cluster;
    this.#agent = new Agent({
      connect: { ca: caPem, cert: adminCert, key: adminKey, timeout: 10_000 },
      // A killed server leaves an HTTP/2 session behind on which every request waits in vain.
      allowH2: false,
      connections: 64,
      headersTimeout: 20_000,
      bodyTimeout: 20_000,
    });
  }

  /** Makes what the attempts lean on; the API server takes a moment until it pins what a new tenant makes. */
  async prepare(): Promise<void> {
    for (const creation of waitingPods(this.#options.namespace, waitingCount)) {
      await until(
        `${creation.name} admitted`,
        async () => {
          const response = await this.#post(creation);
          this.#shows(response.status, response.text);
          return response;
        },
        // 409: it had been stored, and the answer was lost.
        ({ status }) => status === 201 || status === 409,
      );
    }
  }

  start(): void {
    this.#began = performance.now();
    this.#timer = setInterval(() => this.#tick(), 20);
  }

  /** Sends no more and waits for what is under way. */
  async stop(): Promise<Tally> {
    clearInterval(this.#timer);
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#agent.close();
    return this.tally;
  }

  /** How many of each kind should have been sent by now; catches up after a stall, within what may be under way. */
  #tick(): void {
    const due = Math.floor(((performance.now() - this.#began) / 1000) * this.#options.rate);
    for (; this.#n < due; this.#n++) {
      if (this.#underWay.size >= (this.#options.inFlight ?? 100)) {
        this.tally.skipped++;
        continue;
      }
      this.#both(this.#n);
    }
  }

  /** So many of each kind at once, however much is under way. */
  send(count: number): void {
    for (const end = this.#n + count; this.#n < end; this.#n++) this.#both(this.#n);
  }

  #both(n: number): void {
    const { namespace, podsOnly, lawful: wanted = true } = this.#options;
    // Kinds go by the remainder of 5.
    const [abroad, home] = podsOnly ? [n * 5 + 1, n * 5] : [n, n];
    const id = `${this.#id}-${n}`;
    this.#track(this.#attempt(unlawful(namespace, abroad, id, waitingCount)));
    if (wanted) this.#track(this.#create(lawful(namespace, home, id)));
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async #attempt(creation: Creation): Promise<void> {
    const { unlawful: counts } = this.tally;
    counts.sent++;
    const { status, text } = await this.#post(creation);
    if (this.#shows(status, text)) counts.receipted++;
    else if (status === 403) {
      counts.refusedOtherwise++;
      if (text.includes("JOURNAL_UNAVAILABLE")) counts.unrecorded++;
    } else if (status === 201) counts.stored.push(creation);
    // The name was stored while no webhook answered; the object is on the list already.
    else if (status === 409) counts.refusedOtherwise++;
    else if (unavailable(status)) counts.unanswered++;
    else {
      counts.other++;
      this.#unexpected(creation, status, text);
    }
  }

  /** Whether a refusal came with its receipt; then it is on record as shown. */
  #shows(status: number, text: string): boolean {
    const rid = status === 403 ? receiptIdIn(text) : undefined;
    if (rid === undefined) return false;
    this.#shown.set(rid, (this.#shown.get(rid) ?? 0) + 1);
    return true;
  }

  async #create(creation: Creation): Promise<void> {
    const counts = this.tally.lawful;
    counts.sent++;
    let last = "";
    const { waitsMs = [2_000, 10_000] } = this.#options;
    for (let attempt = 0; attempt < 3; attempt++) {
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, waitsMs[attempt - 1]));
      const began = performance.now();
      const { status, text } = await this.#post(creation);
      if (!unavailable(status)) this.tally.lawfulLatencies.push(performance.now() - began);
      // An earlier try may have been carried out although nobody told us.
      if (status === 201 || (status === 409 && attempt > 0)) {
        counts.tries[attempt as 0 | 1 | 2]++;
        return;
      }
      // A replica that learns late of a node may refuse what is lawful; that is on record, too.
      this.#shows(status, text);
      last = `${status} ${text}`;
    }
    counts.failed++;
    this.#unexpected(creation, 0, `a lawful creation failed three times; last: ${last}`);
  }

  /** Status 0: no answer. */
  async #post({ path, body }: Creation): Promise<{ status: number; text: string }> {
    const began = performance.now();
    try {
      const response = await request(`${this.#options.cluster.url}${path}`, {
        dispatcher: this.#agent,
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(this.#options.timeoutMs ?? 25_000),
      });
      const text = await response.body.text();
      this.tally.latencies.push(performance.now() - began);
      if (unavailable(response.statusCode)) this.#noAnswer(`${response.statusCode} ${reasonIn(text)}`);
      return { status: response.statusCode, text };
    } catch (error) {
      const { code, name } = error as { code?: unknown; name?: unknown };
      this.#noAnswer(String(typeof code === "string" ? code : name));
      return { status: 0, text: String(error) };
    }
  }

  #noAnswer(why: string): void {
    this.#whyUnanswered.set(why, (this.#whyUnanswered.get(why) ?? 0) + 1);
  }

  #unexpected({ path, name }: Creation, status: number, text: string): void {
    if (this.tally.unexpected.length < 20) {
      this.tally.unexpected.push(`${path} ${name}: ${status} ${text.slice(0, 400)}`);
    }
  }
}

/** The reason of the Status that an API server answers errors with. */
function reasonIn(text: string): string {
  return /"reason":"(\w+)"/.exec(text)?.[1] ?? text.slice(0, 60);
}

const unavailable = (status: number) => status === 0 || status === 429 || status >= 500;

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
