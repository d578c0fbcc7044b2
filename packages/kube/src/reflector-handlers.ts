import type { AnyObject } from "./object.ts";
import type { Store } from "./store.ts";

export interface ReflectorHandler<T extends AnyObject> {
  add?(object: T): void;
  update?(object: T, old: T): void;
  delete?(object: T): void;
}

/** Tells handlers of events; one that throws, or rejects, harms neither the others nor the watch. */
export function createHandlers<T extends AnyObject>(store: Store<T>, report: (error: unknown) => void) {
  const handlers = new Set<ReflectorHandler<T>>();

  function guarded(call: () => unknown): void {
    try {
      const result = call();
      // An async handler is allowed but not waited for.
      if (result instanceof Promise) result.catch(report);
    } catch (error) {
      report(error);
    }
  }

  return {
    on(handler: ReflectorHandler<T>): () => void {
      for (const object of [...store.values()]) guarded(() => handler.add?.(object));
      handlers.add(handler);
      return () => void handlers.delete(handler);
    },
    clear: () => handlers.clear(),
    add(object: T): void {
      for (const handler of [...handlers]) guarded(() => handler.add?.(object));
    },
    update(object: T, old: T): void {
      for (const handler of [...handlers]) guarded(() => handler.update?.(object, old));
    },
    delete(object: T): void {
      for (const handler of [...handlers]) guarded(() => handler.delete?.(object));
    },
  };
}
