/** A vault in memory, for tests: what its connections share, and nothing on a disk. */

import type { PrivateJwk } from "../src/local/pairs.ts";
import { newPair, signerOf } from "../src/local/pairs.ts";
import { kindOf, mustWrap, signingKind } from "../src/name.ts";
import { KeyError, type Keys, type SigningKeyName } from "../src/port.ts";
import { sealerFromJwk, unwrapWith } from "../src/sealing.ts";

export class MemoryVault {
  readonly #pairs = new Map<string, Promise<PrivateJwk>>();
  readonly #destroyed = new Set<string>();

  open(): Keys {
    const publicJwk = async (name: string) => {
      const { d: _, ...open } = await this.#pair(name);
      return open;
    };
    return {
      signer: async (name: SigningKeyName) => signerOf(signingKind(name), await this.#pair(name)),
      publicJwk,
      sealer: async (name) => {
        mustWrap(name);
        return sealerFromJwk(await publicJwk(name));
      },
      unsealer: async (name) => {
        mustWrap(name);
        if (!this.#destroyed.has(name) && !this.#pairs.has(name))
          throw new KeyError("UNKNOWN_KEY", `there is no key ${name}`);
        const { kid } = await this.#pair(name);
        return { kid, unwrap: async (wrapped) => unwrapWith({ ...(await this.#pair(name)) }, kid, wrapped) };
      },
      list: () => this.#list(),
      destroy: async (name) => {
        mustWrap(name);
        if (!this.#destroyed.has(name) && !this.#pairs.has(name))
          throw new KeyError("UNKNOWN_KEY", `there is no key ${name}`);
        this.#destroyed.add(name);
        this.#pairs.delete(name);
        return { finalBy: new Date().toISOString() };
      },
    };
  }

  async *#list(): AsyncIterable<string> {
    yield* [...this.#pairs.keys()].sort();
  }

  async #pair(name: string): Promise<PrivateJwk> {
    const kind = kindOf(name);
    if (this.#destroyed.has(name)) throw new KeyError("DESTROYED", `key ${name} was destroyed`);
    let pair = this.#pairs.get(name);
    if (pair === undefined) {
      pair = newPair(kind);
      this.#pairs.set(name, pair);
    }
    return pair;
  }
}
