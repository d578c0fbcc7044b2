/** The public sealing key of a region: given, or requested from its notary once and remembered on disk. */

import { join } from "node:path";
import type { Sealer } from "@companyos/keys";
import { parseSealingJwk, sealerFromJwk } from "@companyos/keys";
import type { Disk } from "../disk/disk.ts";
import { systemCode } from "../disk/disk.ts";
import type { OutboxLog } from "../outbox.ts";
import { OutboxError } from "../outbox-error.ts";
import type { NotaryClient } from "./notary-client.ts";

const file = "identity.json";
/** A caller may wait this long for the first response of a notary that is just starting. */
const firstWaitMs = 1000;

export class RegionKey {
  readonly #region: string;
  readonly #dir: string;
  readonly #disk: Disk;
  readonly #log: OutboxLog;
  readonly #waitMs: number;
  readonly #known = Promise.withResolvers<Sealer>();
  #sealer: Sealer | undefined;

  constructor(options: {
    region: string;
    dir: string;
    disk: Disk;
    log: OutboxLog;
    waitMs?: number | undefined;
  }) {
    this.#region = options.region;
    this.#dir = options.dir;
    this.#disk = options.disk;
    this.#log = options.log;
    this.#waitMs = options.waitMs ?? firstWaitMs;
  }

  get known(): boolean {
    return this.#sealer !== undefined;
  }

  /** Takes the key that was given, else the one remembered. Throws KeyError `BAD_INPUT` for a bad given one. */
  async load(given: unknown): Promise<void> {
    if (given !== undefined) return this.#use(await sealerFromJwk(given));
    try {
      const { region, sealing } = JSON.parse(
        (await this.#disk.readAll(join(this.#dir, file))).toString("utf8"),
      );
      if (region === this.#region) this.#use(await sealerFromJwk(sealing));
    } catch (error) {
      if (systemCode(error) === "ENOENT") return;
      this.#log.warn("the remembered sealing key is unusable; asking the notary again", {
        region: this.#region,
        error,
      });
    }
  }

  /** Requests it from the notary. Rejects when it does not respond, or with another region's identity. */
  async refresh(notary: NotaryClient): Promise<void> {
    const identity = await notary.identity();
    if (identity.region !== this.#region) {
      throw new OutboxError(
        "unavailable",
        `the notary configured for ${this.#region} says it is ${identity.region}`,
      );
    }
    const sealing = await parseSealingJwk(identity.sealing);
    if (sealing.kid === this.#sealer?.kid) return;
    await this.#disk.replace(join(this.#dir, file), `${JSON.stringify({ region: this.#region, sealing })}\n`);
    this.#use(await sealerFromJwk(sealing));
    this.#log.info("sealing key of a region learnt", { region: this.#region, kid: sealing.kid });
  }

  /** Throws OutboxError `no_region_key` when it is not known, after a short wait. */
  async sealer(): Promise<Sealer> {
    if (this.#sealer !== undefined) return this.#sealer;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `the sealing key of ${this.#region} was never seen: its notary must be reachable once`;
      timer = setTimeout(() => reject(new OutboxError("no_region_key", message)), this.#waitMs);
    });
    return Promise.race([this.#known.promise, late]).finally(() => clearTimeout(timer));
  }

  #use(sealer: Sealer): void {
    this.#sealer = sealer;
    this.#known.resolve(sealer);
  }
}
