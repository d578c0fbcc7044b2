/**
 * Whether the house stands as docs/development.md draws it: `npm run lint`. Prints each place that does not, and exits 1.
 * What a room may import from outside itself is its package.json's list, which Biome holds it to.
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { promisify } from "node:util";
import { importsIn, sourceFile } from "./imports.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** From the ground floor up: a room imports from its own storey and those below. */
const storeys: readonly (readonly [name: string, rooms: RegExp])[] = [
  ["law", /^(crds|policies|cdk8s)$/],
  ["libraries", /^packages\//],
  ["services", /^(webhook|operator|notary|api)$/],
  ["doors", /^(cli|console)$/],
  ["ground", /^(dev\/.*|test|examples\/.*)$/],
];

/** Who uses a port is handed a driver of it. */
const drivers = /^@companyos\/(storage|keys)\/(?!conformance$|testing\/)/;

const longestFile = 500;

interface Room {
  readonly path: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly entries: readonly string[];
  /** Names for modules that only this room has (`imports`). */
  readonly aliases: readonly string[];
  readonly storey: number;
}

interface Import {
  readonly file: string;
  readonly what: string;
}

async function tracked(): Promise<string[]> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-co", "--exclude-standard"], {
    cwd: root,
    maxBuffer: 2 ** 26,
  });
  return stdout.split("\n").filter(Boolean);
}

async function roomsOf(files: readonly string[]): Promise<Room[]> {
  const manifests = files.filter((file) => file.endsWith("/package.json") && !file.includes("fixtures"));
  return Promise.all(
    manifests.map(async (file) => {
      const {
        name,
        dependencies = {},
        exports = {},
        imports = {},
      } = JSON.parse(await readFile(join(root, file), "utf8"));
      const path = dirname(file);
      const storey = storeys.findIndex(([, rooms]) => rooms.test(path));
      return {
        path,
        name,
        dependencies: Object.keys(dependencies),
        entries: Object.keys(exports),
        aliases: Object.keys(imports),
        storey,
      };
    }),
  );
}

const isTest = ({ path, storey }: Room, file: string): boolean =>
  storeys[storey]?.[0] === "ground" || file.startsWith(`${path}/test/`);

const withinStoreys = (rooms: readonly Room[]): string[] =>
  rooms.flatMap((room) => {
    if (room.storey < 0) return [`${room.path}: stands on no storey (dev/tools/src/rooms.ts)`];
    return rooms
      .filter(({ name, storey }) => room.dependencies.includes(name) && storey > room.storey)
      .map(({ name }) => `${room.path}/package.json: ${name} stands above it`);
  });

/** An entry for all files would hold nobody to what the room shows; only a test kit has one. */
const unlisted = (room: Room): string[] =>
  room.entries
    .filter((entry) => entry.includes("*") && entry !== "./testing/*")
    .map((entry) => `${room.path}/package.json: ${entry} exports whatever there is; list the entries`);

/** An alias may stand for any module, and nobody who reads the import sees which. */
const aliased = ({ path, aliases }: Room): string[] =>
  aliases.map((alias) => `${path}/package.json: ${alias} is an alias; import by the module's own name`);

function circles(rooms: readonly Room[]): string[] {
  const seen = new Set<string>();
  const visit = (room: Room, path: readonly string[]): string[] => {
    if (path.includes(room.name)) return [`rooms in a circle: ${[...path, room.name].join(" → ")}`];
    if (seen.has(room.name)) return [];
    const found = rooms
      .filter(({ name }) => room.dependencies.includes(name))
      .flatMap((next) => visit(next, [...path, room.name]));
    seen.add(room.name);
    return found;
  };
  return rooms.flatMap((room) => visit(room, []));
}

/** Dependencies that nothing in the room imports. */
const unused = (room: Room, imports: readonly Import[]): string[] =>
  room.dependencies
    .filter((name) => !imports.some(({ what }) => what === name || what.startsWith(`${name}/`)))
    .map((name) => `${room.path}/package.json: nothing imports ${name}`);

/** What takes another room's package that it does not list, that stands above it, or that does not show the file. */
const uninvited = (room: Room, imports: readonly Import[], rooms: readonly Room[]): string[] =>
  imports.flatMap(({ file, what }) => {
    const other = rooms.find(({ name }) => what === name || what.startsWith(`${name}/`));
    if (!other || other === room) return [];
    const entry = `.${what.slice(other.name.length)}`;
    if (!shows(other, entry))
      return [`${file}: ${what} is inside another room; ${other.name} does not export it`];
    if (isTest(room, file)) return [];
    if (other.storey > room.storey) return [`${file}: ${other.name} stands above ${room.path}`];
    return room.dependencies.includes(other.name)
      ? []
      : [`${file}: ${other.name} is not among the dependencies of ${room.path}/package.json`];
  });

const shows = ({ entries }: Room, entry: string): boolean =>
  entries.some((each) => (each.endsWith("/*") ? entry.startsWith(each.slice(0, -1)) : each === entry));

/** Folders with source of ours that no package.json makes a room. */
const roomless = (files: readonly string[], rooms: readonly Room[]): string[] => {
  const lost = files.filter(
    (file) =>
      sourceFile.test(file) && file.includes("/") && !rooms.some(({ path }) => file.startsWith(`${path}/`)),
  );
  const folders = lost.map((file) => /^(packages\/adapters\/|packages\/|dev\/)?[^/]+/.exec(file)?.[0]);
  return [...new Set(folders)].map((folder) => `${folder}: belongs to no room; it has no package.json`);
};

/** What reaches out of its room by a path, or takes what a room shows to tests only. */
const strayed = (room: Room, imports: readonly Import[]): string[] =>
  imports.flatMap(({ file, what }) => {
    if (what.startsWith(".")) {
      const target = normalize(join(dirname(file), what));
      if (!target.startsWith(`${room.path}/`))
        return [`${file}: ${what} lies in another room; import it by its package's name`];
      return isTest(room, target) && !isTest(room, file) ? [`${file}: ${what} is for tests`] : [];
    }
    if (isTest(room, file)) return [];
    if (/^@companyos\/[^/]+\/testing\//.test(what)) return [`${file}: ${what} is for tests`];
    return drivers.test(what) && storeys[room.storey]?.[0] !== "doors"
      ? [`${file}: ${what} is opened at the door and handed in`]
      : [];
  });

const files = await tracked();
const rooms = (await roomsOf(files)).toSorted((a, b) => b.path.length - a.path.length);
const wrong = [
  ...withinStoreys(rooms),
  ...circles(rooms),
  ...rooms.flatMap(unlisted),
  ...rooms.flatMap(aliased),
  ...roomless(files, rooms),
];
const importsOf = new Map<Room, Import[]>(rooms.map((room) => [room, []]));
for (const file of files.filter((name) => sourceFile.test(name))) {
  const room = rooms.find(({ path }) => file.startsWith(`${path}/`));
  // Deleted, and git still lists it.
  const text = await readFile(join(root, file), "utf8").catch(() => undefined);
  if (!room || text === undefined) continue;
  const lines = text.split("\n").length - 1;
  if (!isTest(room, file) && lines > longestFile)
    wrong.push(`${file}: ${lines} lines, more than ${longestFile}`);
  for (const what of importsIn(text, file)) importsOf.get(room)?.push({ file, what });
}
for (const [room, imports] of importsOf)
  wrong.push(...unused(room, imports), ...strayed(room, imports), ...uninvited(room, imports, rooms));
for (const line of wrong) console.error(line);
process.exitCode = wrong.length === 0 ? 0 : 1;
