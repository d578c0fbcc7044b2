import { createContext, Script } from "node:vm";

const realm: { work?: () => unknown } = createContext({});
const script = new Script("work()");

/**
 * The result of `work`, which is ended once it has taken so many milliseconds, also in the midst of WebAssembly: what it worked on
 * is in no state to go on then. To watch over it takes about 0.2 ms.
 * @throws what `isTimeout` tells when it was ended
 */
export function within<T>(ms: number, work: () => T): T {
  realm.work = work;
  try {
    return script.runInContext(realm, { timeout: Math.ceil(ms) }) as T;
  } finally {
    delete realm.work;
  }
}

export function isTimeout(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}
