import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ObjectStore } from "../src/store.ts";

type Thing = { metadata: { name: string; namespace: string }; colours: string[] };
const thing = fc.record({
  metadata: fc.record({ name: fc.constantFrom("a", "b", "c"), namespace: fc.constantFrom("x", "y") }),
  colours: fc.uniqueArray(fc.constantFrom("red", "green", "blue")),
});

describe("object store", () => {
  test("an index finds exactly what a walk over all objects finds, after any sets and removals", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(thing, fc.boolean())), (steps) => {
        const store = new ObjectStore<Thing>({ colour: (object) => object.colours });
        for (const [object, remove] of steps) {
          if (remove) store.remove(`${object.metadata.namespace}/${object.metadata.name}`);
          else store.set(object);
        }
        for (const colour of ["red", "green", "blue"]) {
          const walked = [...store.values()].filter(({ colours }) => colours.includes(colour));
          expect(new Set(store.byIndex("colour", colour))).toEqual(new Set(walked));
        }
      }),
    );
  });

  test("refuses an index that nobody declared", () => {
    expect(() => new ObjectStore().byIndex("colour", "red")).toThrow("no index colour");
  });
});
