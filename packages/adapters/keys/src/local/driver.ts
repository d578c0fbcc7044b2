/**
 * Keys as files in a folder: `<name>.key.json` (private JWK, mode 0600), `<name>.pub.json` (public half) and, once
 * destroyed, `<name>.destroyed.json`. For machines where the disk is the vault; a KMS driver goes beside this one.
 */

import type { KeyKind } from "../name.ts";
import { kindOf, mustWrap, signingKind } from "../name.ts";
import type { Keys, PublicJwk, Sealer, Signer, SigningKeyName, Unsealer } from "../port.ts";
import { KeyError } from "../port.ts";
import { sealerFromJwk, unwrapWith } from "../sealing.ts";
import { KeyFolder } from "./folder.ts";
import type { PrivateJwk } from "./pairs.ts";
import { checkedPair, checkedPublic, newPair, signerOf } from "./pairs.ts";

export interface LocalKeysOptions {
  readonly dir: string;
  /** Makes the folder, and keys on first use. False: only what is there; anything else is `UNKNOWN_KEY`. */
  readonly create: boolean;
  /**
   * False: this process must not use the root key. `signer("root")` is `DENIED` even where the file is, and
   * opening is refused when a private root lies in the folder. Default true.
   */
  readonly root?: boolean;
}

/** Throws KeyError `DENIED` when others may read or write the keys, `UNAVAILABLE` when there is no folder. */
export async function openLocalKeys(options: LocalKeysOptions): Promise<Keys> {
  const folder = new KeyFolder(options.dir);
  await folder.prepare(options.create);
  if (options.root === false && (await folder.has(keyFile("root")))) {
    throw new KeyError("DENIED", `${folder.path} holds the private root key: keep it away from this process`);
  }
  return new LocalKeyDriver(folder, options);
}

class LocalKeyDriver implements Keys {
  readonly #folder: KeyFolder;
  readonly #create: boolean;
  readonly #root: boolean;

  constructor(folder: KeyFolder, { create, root = true }: LocalKeysOptions) {
    this.#folder = folder;
    this.#create = create;
    this.#root = root;
  }

  async signer(name: SigningKeyName): Promise<Signer> {
    const kind = signingKind(name);
    if (name === "root" && !this.#root) throw new KeyError("DENIED", "this process may not use the root key");
    return signerOf(kind, await this.#pair(name, kind));
  }

  async sealer(name: string): Promise<Sealer> {
    mustWrap(name);
    return sealerFromJwk(await this.publicJwk(name));
  }

  async unsealer(name: string): Promise<Unsealer> {
    mustWrap(name);
    const pair = await this.#pair(name, "wrapping", false);
    return {
      kid: pair.kid,
      unwrap: async (wrapped) => {
        // Another process may have destroyed it since.
        await this.#refuseDestroyed(name);
        return unwrapWith({ ...pair }, pair.kid, wrapped);
      },
    };
  }

  async destroy(name: string): Promise<{ finalBy: string }> {
    mustWrap(name);
    if (!this.#create) throw new KeyError("DENIED", `key ${name}: opened read-only, nothing is destroyed`);
    const known = (await this.#folder.has(keyFile(name))) || (await this.#folder.has(tombFile(name)));
    if (!known) throw new KeyError("UNKNOWN_KEY", `key ${name} is not in ${this.#folder.path}`);
    // The tombstone first: from now on the key cannot be created again, and an interrupted destruction is resumed.
    await this.#folder.create(tombFile(name), `${JSON.stringify({ v: 1, name })}\n`, 0o644);
    await this.#folder.shred(keyFile(name));
    return { finalBy: new Date().toISOString() };
  }

  async *list(): AsyncIterable<string> {
    const files = new Set(await this.#folder.files());
    const names = [...files].flatMap((file) => (file.endsWith(keyFile("")) ? [nameOf(file)] : []));
    yield* names.filter((name) => isKeyName(name) && !files.has(tombFile(name))).sort();
  }

  /** For the root without its private half: copy `root.pub.json` here. */
  async publicJwk(name: string): Promise<PublicJwk> {
    const kind = kindOf(name);
    await this.#refuseDestroyed(name);
    const text = await this.#folder.read(publicFile(name), false);
    if (text !== undefined) return checkedPublic(kind, parse(text, publicFile(name)), publicFile(name));
    const { d: _, ...open } = await this.#pair(name, kind);
    return open;
  }

  async #pair(name: string, kind: KeyKind, create = this.#create): Promise<PrivateJwk> {
    const file = keyFile(name);
    await this.#refuseDestroyed(name);
    let text = await this.#folder.read(file, true);
    if (text === undefined) {
      const publicOnly = await this.#folder.has(publicFile(name));
      // Another process may just have made both halves; the public one always comes second.
      text = publicOnly ? await this.#folder.read(file, true) : undefined;
      if (text === undefined && publicOnly) {
        throw new KeyError("DENIED", `key ${name}: only its public half is in ${this.#folder.path}`);
      }
    }
    if (text === undefined) {
      if (!create) throw new KeyError("UNKNOWN_KEY", `key ${name} is not in ${this.#folder.path}`);
      // The first link wins; all processes then use the key that is there.
      await this.#folder.create(file, `${JSON.stringify(await newPair(kind))}\n`, 0o600);
      await this.#refuseDestroyed(name, file);
      text = await this.#folder.read(file, true);
      if (text === undefined) throw new KeyError("UNAVAILABLE", `key ${name} vanished while it was made`);
    }
    const pair = await checkedPair(kind, parse(text, file), file);
    if (create && !(await this.#folder.has(publicFile(name)))) {
      const { d: _, ...open } = pair;
      await this.#folder.create(publicFile(name), `${JSON.stringify(open)}\n`, 0o644);
    }
    return pair;
  }

  async #refuseDestroyed(name: string, leftover?: string): Promise<void> {
    if (!(await this.#folder.has(tombFile(name)))) return;
    if (leftover !== undefined) await this.#folder.shred(leftover);
    throw new KeyError("DESTROYED", `key ${name} was destroyed: what it sealed cannot be opened any more`);
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KeyError("UNAVAILABLE", `${file} is not JSON: restore it`, { cause });
  }
}

function keyFile(name: string): string {
  return `${name}.key.json`;
}

function nameOf(file: string): string {
  return file.slice(0, -keyFile("").length);
}

function isKeyName(name: string): boolean {
  try {
    return kindOf(name) !== undefined;
  } catch {
    return false;
  }
}

function publicFile(name: string): string {
  return `${name}.pub.json`;
}

function tombFile(name: string): string {
  return `${name}.destroyed.json`;
}
