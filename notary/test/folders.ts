/** A notary's drivers over folders, as the door opens them. */

import { openLocalKeys } from "@companyos/keys/local";
import { openFilesystemStorage } from "@companyos/storage/filesystem";
import type { LogIdentity } from "../src/identity.ts";
import { defaultEndorsementsDir, readEndorsedLog } from "../src/identity-files.ts";
import { initNotary } from "../src/init.ts";
import { type OpenedNotary, openNotary } from "../src/open.ts";
import type { InitNotaryOptions, NotaryOptions } from "../src/options.ts";

export interface Folders {
  readonly storeDir: string;
  readonly keysDir: string;
}

export async function initIn({
  rootDir,
  keysDir,
  ...options
}: Pick<InitNotaryOptions, "region" | "jurisdiction" | "origin"> & {
  readonly rootDir: string;
  readonly keysDir: string;
}): Promise<LogIdentity> {
  const roots = await openLocalKeys({ dir: rootDir, create: true });
  const keys = await openLocalKeys({ dir: keysDir, create: true, root: false });
  return initNotary({ ...options, roots, keys, endorsementsDir: defaultEndorsementsDir(keysDir) });
}

export async function driversIn({
  storeDir,
  keysDir,
}: Folders): Promise<Pick<NotaryOptions, "storage" | "keys" | "endorsed">> {
  return { ...(await keysIn(keysDir)), storage: await openFilesystemStorage({ dir: storeDir }) };
}

export async function openIn(options: {
  readonly region: string;
  readonly keysDir: string;
}): Promise<OpenedNotary> {
  return openNotary({ region: options.region, ...(await keysIn(options.keysDir)) });
}

async function keysIn(keysDir: string) {
  const endorsed = await readEndorsedLog(defaultEndorsementsDir(keysDir));
  return { endorsed, keys: await openLocalKeys({ dir: keysDir, create: true, root: false }) };
}
