/** What a source file takes from elsewhere, by the compiler's own reading of it. */
import { parseSync } from "@swc/core";

/** Endings of files that Node, a bundler or a compiler takes as source. */
export const sourceFile = /\.(?:ts|mts|cts|tsx|js|mjs|cjs|jsx)$/;

interface Node {
  readonly type?: string;
  readonly [field: string]: unknown;
}

/**
 * Every module that the file names: imports and re-exports, also of types, `import()`, `require()`,
 * `import.meta.resolve()`, and a `new URL("….ts", import.meta.url)`, by which workers and children are started. A name
 * that is put together while the program runs is not seen.
 */
export function importsIn(text: string, file: string): string[] {
  const found: string[] = [];
  const tree = parseSync(text, {
    target: "es2024",
    ...(/\.(?:js|mjs|cjs|jsx)$/.test(file)
      ? { syntax: "ecmascript", jsx: true }
      : { syntax: "typescript", tsx: file.endsWith("x") }),
  });
  visit(tree as unknown as Node, (node) => found.push(...namedBy(node)));
  return found;
}

function namedBy(node: Node): string[] {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return literal(node.source);
    case "TsImportType":
      return literal(node.argument);
    case "TsExternalModuleReference":
      return literal(node.expression);
    case "CallExpression": {
      const [first] = node.arguments as { expression: Node }[];
      return takesModule(node.callee as Node) ? literal(first?.expression) : [];
    }
    case "NewExpression": {
      const [first] = (node.arguments ?? []) as { expression: Node }[];
      const url = (node.callee as Node).value === "URL" ? literal(first?.expression) : [];
      return url
        .filter((name) => sourceFile.test(name))
        .map((name) => (name.startsWith(".") ? name : `./${name}`));
    }
    default:
      return [];
  }
}

/** `import(…)`, `require(…)`, `createRequire(…)(…)` and `import.meta.resolve(…)`. */
function takesModule(callee: Node): boolean {
  if (callee.type === "Import") return true;
  if (callee.type === "Identifier") return callee.value === "require";
  if (callee.type === "CallExpression") return (callee.callee as Node).value === "createRequire";
  const { object, property } = callee as { object?: Node; property?: Node };
  return object?.type === "MetaProperty" && property?.value === "resolve";
}

/** A string, in quotes or as a template without anything to fill in. */
function literal(node: unknown): string[] {
  const { type, value, quasis } = (node ?? {}) as Node;
  if (type === "StringLiteral") return [value as string];
  const parts = quasis as { cooked?: string }[] | undefined;
  return type === "TemplateLiteral" && parts?.length === 1 ? [parts[0]?.cooked ?? ""] : [];
}

function visit(node: unknown, seen: (node: Node) => void): void {
  if (Array.isArray(node)) for (const each of node) visit(each, seen);
  else if (typeof node === "object" && node !== null) {
    seen(node as Node);
    for (const each of Object.values(node)) if (typeof each === "object") visit(each, seen);
  }
}
