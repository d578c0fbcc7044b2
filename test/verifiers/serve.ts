/** The public log over HTTP, by the notary's own routes, and with other bytes in some objects on request. */

import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { logRoutes } from "@companyos/notary/testing/parts";
import type { Storage } from "@companyos/storage";
import express from "express";

/** By key of the store: what is served in place of the object. */
export type Forgeries = Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>>;

/** The same bytes, but for the lowest bit of the one at `at` (negative: from the end). */
export function flip(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const copy = Uint8Array.from(bytes);
    copy[at < 0 ? copy.length + at : at]! ^= 1;
    return copy;
  };
}

/** Another character of the base64 alphabet at `at`: a flipped bit could leave the alphabet, which is another fault. */
export function swap(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    const copy = Uint8Array.from(bytes);
    const place = at < 0 ? bytes.length + at : at;
    copy[place] = bytes[place] === 0x41 ? 0x42 : 0x41;
    return copy;
  };
}

export interface ServedLog {
  readonly url: string;
  /** Entry bundles are for who has it. */
  readonly token: string;
  /** Serves forgeries while `work` runs. Throws when one of them was never read. */
  forged<T>(forgeries: Forgeries, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function serveLog(storage: Storage): Promise<ServedLog> {
  const token = randomBytes(16).toString("hex");
  let forgeries: Forgeries = {};
  const read = new Set<string>();
  const seen: Pick<Storage, "get" | "getStream"> = {
    async get(key) {
      const stored = await storage.get(key);
      const forge = forgeries[key];
      if (stored === undefined || forge === undefined) return stored;
      read.add(key);
      return { ...stored, bytes: forge(stored.bytes) };
    },
    async getStream(key, range) {
      if (forgeries[key] === undefined) return storage.getStream(key, range);
      const forged = await this.get(key);
      const part = forged?.bytes.subarray(range?.from, range?.to);
      return forged && { size: forged.bytes.length, bytes: ReadableStream.from([part!]) };
    },
  };
  const app = express();
  app.use(
    logRoutes({
      storage: seen,
      async mayReadEntries(request, response) {
        if (request.get("authorization") === `Bearer ${token}`) return true;
        response.status(401).end();
        return false;
      },
    }),
  );
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    async forged(wanted, work) {
      forgeries = wanted;
      read.clear();
      try {
        const result = await work();
        for (const key of Object.keys(wanted)) if (!read.has(key)) throw new Error(`nobody read ${key}`);
        return result;
      } finally {
        forgeries = {};
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
