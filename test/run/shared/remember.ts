type Properties = Map<PropertyKey, PropertyDescriptor>;

/**
 * Remembers what there is of globals now: each global, its own properties and those of its prototype, the environment,
 * and listeners of the process. The function that comes back puts all that back, and removes what was added.
 *
 * What nobody sees by going through `globalThis` stays: packages keep what they share there, under symbols.
 */
export function remember(): () => void {
  const objects = new Map<object, Properties>([...globals()].map((object) => [object, propertiesOf(object)]));
  const variables = { ...process.env };
  const listeners = listenersOf(process);
  const { exitCode } = process;
  const folder = process.cwd();
  return () => {
    for (const [object, before] of objects) putBack(object, before);
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    for (const [name, value] of Object.entries(variables))
      if (process.env[name] !== value) process.env[name] = value;
    for (const [event, now] of listenersOf(process))
      for (const listener of now)
        if (!listeners.get(event)?.includes(listener)) process.off(event as string, listener);
    process.exitCode = exitCode;
    if (process.cwd() !== folder) process.chdir(folder);
  };
}

function globals(): Set<object> {
  const found = new Set<object>([globalThis, process, Buffer, console]);
  for (const { value } of propertiesOf(globalThis).values()) {
    if (!isObject(value)) continue;
    found.add(value);
    if (isObject(value.prototype)) found.add(value.prototype);
  }
  return found;
}

const isObject = (value: unknown): value is object & { readonly prototype?: unknown } =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** Without what Node keeps in `_…` for itself, such as the listeners of an emitter: these are put back one by one. */
const propertiesOf = (object: object): Properties =>
  new Map(
    Reflect.ownKeys(object)
      .filter((key) => !key.toString().startsWith("_"))
      .map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key) ?? {}]),
  );

function putBack(object: object, before: Properties): void {
  for (const [key, now] of propertiesOf(object)) {
    const then = before.get(key);
    if (then === undefined) {
      if (now.configurable && (now.enumerable || typeof key === "string"))
        Reflect.deleteProperty(object, key);
    } else if (isChanged(then, now)) Object.defineProperty(object, key, then);
  }
  for (const [key, then] of before) if (!Object.hasOwn(object, key)) Object.defineProperty(object, key, then);
}

const isChanged = (then: PropertyDescriptor, now: PropertyDescriptor): boolean =>
  then.value !== now.value || then.get !== now.get || then.set !== now.set;

const listenersOf = (emitter: NodeJS.Process) =>
  new Map(emitter.eventNames().map((name) => [name, emitter.rawListeners(name as string) as (() => void)[]]));
