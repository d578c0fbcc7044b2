import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@companyos/test/until";
import { afterAll, afterEach, beforeAll } from "@jest/globals";
import type { Outbox, OutboxLimits, OutboxOptions, OutboxSeams } from "../src/index.ts";
import { openSender, Peer, timeoutMs } from "./peer.ts";

export const region = "eu-west-1";
let root: string;
let counter = 0;
let outboxes: Outbox[] = [];
let peers: Peer[] = [];
export const fresh = () => join(root, String(counter++));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-outbox-"));
});
afterEach(async () => {
  await Promise.all(outboxes.map((outbox) => outbox.stop()));
  await Promise.all(peers.map((peer) => peer.stop()));
  outboxes = [];
  peers = [];
});
afterAll(() => rm(root, { recursive: true, force: true }));

export async function peerOf(name = region): Promise<Peer> {
  const peer = await Peer.open(name, fresh());
  peers.push(peer);
  return peer;
}

export interface Setup extends OutboxSeams {
  limits?: Partial<OutboxLimits>;
  options?: Partial<OutboxOptions>;
}

export async function outboxOf(
  dir: string,
  peer: Peer,
  { limits, options, ...seams }: Setup = {},
): Promise<Outbox> {
  const outbox = await openSender(
    {
      dir,
      regions: { [peer.region]: { url: peer.url } },
      limits: { backoffMs: 50, ...limits },
      ...options,
    },
    seams,
  );
  outboxes.push(outbox);
  return outbox;
}

export async function stop(outbox: Outbox): Promise<void> {
  await outbox.stop();
  outboxes = outboxes.filter((other) => other !== outbox);
}

export const names = (peer: Peer, outbox: Outbox) =>
  peer.events(outbox.journalId).map(({ disclosable }) => disclosable.name);
export const segmentsOf = async (dir: string) =>
  (await readdir(join(dir, region))).filter((name) => name.endsWith(".seg"));
export const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
export const eventually = (check: () => boolean | Promise<boolean>, what: string) =>
  until(what, check, Boolean, { timeoutMs });
