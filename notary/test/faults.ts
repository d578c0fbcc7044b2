/** A storage that breaks at its n-th operation: before it happens, or after it happened and before anybody hears. */

import { type Storage, StorageError } from "@companyos/storage";

export interface Fault {
  /** 1-based number of the operation that breaks. */
  readonly at: number;
  readonly when: "before" | "after";
  /** `crash`: nothing works from then on, as for a process that died. `once`: only this one fails. */
  readonly kind: "crash" | "once";
}

export function breaking(storage: Storage, fault: Fault | undefined) {
  let count = 0;
  const names: string[] = [];
  const run = async <T>(name: string, operation: () => Promise<T>): Promise<T> => {
    const mine = ++count;
    names.push(name);
    if (fault === undefined || mine < fault.at) return operation();
    if (mine > fault.at && fault.kind === "once") return operation();
    if (mine === fault.at && fault.when === "after") await operation();
    throw new StorageError("AMBIGUOUS", `broken at operation ${mine} (${name})`);
  };
  const broken: Storage = {
    get: (key) => run(`get ${key}`, () => storage.get(key)),
    getStream: (key, range) => run(`get ${key}`, () => storage.getStream(key, range)),
    putStreamIfAbsent: (key, source, limits) =>
      run(`put ${key}`, () => storage.putStreamIfAbsent(key, source, limits)),
    putIfAbsent: (key, bytes) => run(`put ${key}`, () => storage.putIfAbsent(key, bytes)),
    cas: (key, tag, bytes) => run(`cas ${key}`, () => storage.cas(key, tag, bytes)),
    delete: (key) => run(`delete ${key}`, () => storage.delete(key)),
    async *list(prefix) {
      await run(`list ${prefix}`, async () => {});
      yield* storage.list(prefix);
    },
  };
  return { storage: broken, names };
}
