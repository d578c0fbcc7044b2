import {
  decodeEntryBundle,
  decodeTile,
  encodeEntryBundle,
  encodeTile,
  entriesPath,
  newTiles,
  parseTilePath,
  tilePath,
  tilesOfLevel,
} from "@companyos/receipts";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";

describe("the tiles of a log", () => {
  test("of 70,000 leaves are those of the specification's example", () => {
    expect(tilesOfLevel(70_000, 0)).toEqual({ full: 273, partial: 112 });
    expect(tilesOfLevel(70_000, 1)).toEqual({ full: 1, partial: 17 });
    expect(tilesOfLevel(70_000, 2)).toEqual({ full: 0, partial: 1 });
    expect(tilesOfLevel(70_000, 3)).toEqual({ full: 0, partial: 0 });
    const paths = [...newTiles(0, 70_000)].filter(({ kind }) => kind === "tile");
    expect(paths.filter(({ level }) => level === 0)).toHaveLength(274);
    expect(paths.slice(-4).map(({ level, index, width }) => tilePath(level, index, width))).toEqual([
      "tile/0/273.p/112",
      "tile/1/000",
      "tile/1/001.p/17",
      "tile/2/000.p/1",
    ]);
  });

  test("published step by step are, in the end, the full ones of the whole and its partials", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 8 }), (steps) => {
        const full = new Set<string>();
        let size = 0;
        let partials: string[] = [];
        for (const step of steps) {
          const tiles = [...newTiles(size, size + step)];
          size += step;
          const names = (only: boolean) =>
            tiles
              .filter(({ width }) => (width === 256) === only)
              .map(({ kind, level, index, width }) => `${kind}/${level}/${index}/${width}`);
          for (const name of names(true)) {
            expect(full.has(name)).toBe(false);
            full.add(name);
          }
          partials = names(false);
        }
        const whole = [...newTiles(0, size)].map(
          ({ kind, level, index, width }) => `${kind}/${level}/${index}/${width}`,
        );
        expect([...full].sort()).toEqual(whole.filter((name) => name.endsWith("/256")).sort());
        // A partial that did not change was published before.
        for (const name of partials) expect(whole).toContain(name);
      }),
    );
  });

  test("are none when nothing grew", () => {
    expect([...newTiles(300, 300)]).toEqual([]);
    expect([...newTiles(0, 0)]).toEqual([]);
  });
});

describe("a path", () => {
  test("has its index in groups of three digits", () => {
    expect(tilePath(0, 1_234_067)).toBe("tile/0/x001/x234/067");
    expect(entriesPath(0)).toBe("tile/entries/000");
    expect(entriesPath(1000, 7)).toBe("tile/entries/x001/000.p/7");
  });

  test("is parsed back", () => {
    const any = fc.record({
      level: fc.nat(63),
      index: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(any, ({ level, index, width }) => {
        const tile = { kind: "tile", level, index, width };
        expect(parseTilePath(tilePath(level, index, width))).toEqual(tile);
        const entries = { kind: "entries", level: 0, index, width };
        expect(parseTilePath(entriesPath(index, width))).toEqual(entries);
      }),
    );
  });

  test.each([
    "",
    "/tile/0/000",
    "tile/0/0",
    "tile/00/000",
    "tile/64/000",
    "tile/0/x000/001",
    "tile/0/001/x002",
    "tile/0/x001/x23/067",
    "tile/0/0000",
    "tile/0/000.p/0",
    "tile/0/000.p/01",
    "tile/0/000.p/256",
    "tile/0/000.p/",
    "tile/0/000.p/1/",
    "tile/0/000/../001",
    "tile/entries/000.p/1.p/1",
    "tile/-1/000",
    "tile/0/000\n",
    "tile/data/000",
    `tile/0/${"x999/".repeat(9)}999`,
  ])("is not %j", (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe("an entry bundle", () => {
  test("holds each entry behind its length", () => {
    const bundle = encodeEntryBundle([Buffer.from("ab"), new Uint8Array(0), new Uint8Array(258)]);
    expect([...bundle.subarray(0, 8)]).toEqual([0, 2, 97, 98, 0, 0, 1, 2]);
    expect(decodeEntryBundle(bundle)?.map((entry) => entry.length)).toEqual([2, 0, 258]);
  });

  test("is refused when cut, empty, or of more than 256 entries", () => {
    const bundle = encodeEntryBundle([Buffer.from("abc"), Buffer.from("d")]);
    expect(decodeEntryBundle(bundle.subarray(0, -1))).toBeUndefined();
    expect(decodeEntryBundle(bundle.subarray(0, 6))).toBeUndefined();
    expect(decodeEntryBundle(new Uint8Array(0))).toBeUndefined();
    expect(decodeEntryBundle(new Uint8Array(2 * 257))).toBeUndefined();
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(RangeError);
  });
});

test("a tile is whole hashes, at most 256", () => {
  const tile = encodeTile([new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]);
  expect(decodeTile(tile)?.map((hash) => hash[0])).toEqual([1, 2]);
  expect(decodeTile(tile.subarray(1))).toBeUndefined();
  expect(decodeTile(new Uint8Array(0))).toBeUndefined();
  expect(decodeTile(new Uint8Array(32 * 257))).toBeUndefined();
});
