/** Labels, annotations and finalizers, held to what the API server asks of any object's. Pure. */
import { isDnsSubdomain } from "@companyos/crds";
import type { KubeObject } from "@companyos/policies";

/**
 * What is wrong with an object's metadata, each with its field: `metadata.labels.tier: "eu " is no label value …`. Values that are
 * no texts are not looked at.
 * @see https://github.com/kubernetes/apimachinery/blob/master/pkg/api/validation/objectmeta.go
 */
export function metadataProblems({ metadata }: KubeObject): string[] {
  const labels = entriesOf(metadata?.labels);
  const annotations = entriesOf(metadata?.annotations);
  const size = annotations.reduce((sum, [key, value]) => sum + bytes(key) + bytes(value), 0);
  const finalizers: unknown = metadata?.finalizers ?? [];
  return [
    ...labels.flatMap(([key, value]) => [
      ...ofKey("labels", key),
      ...(labelValue.test(value)
        ? []
        : [`metadata.labels${member(key)}: ${shown(value)} is no label value: ${valueRule}`]),
    ]),
    // Here the API server counts capitals of a prefix as small ones.
    ...annotations.flatMap(([key]) => (isQualified(key.toLowerCase()) ? [] : ofKey("annotations", key))),
    ...(size > maxAnnotations
      ? [`metadata.annotations: they are ${size} bytes with their keys; at most ${maxAnnotations} are taken`]
      : []),
    ...(Array.isArray(finalizers) ? finalizers : []).flatMap((one: unknown, index) =>
      typeof one !== "string" || isQualified(one)
        ? []
        : [`metadata.finalizers[${index}]: ${shown(one)} is no name of a finalizer: ${keyRule}`],
    ),
  ];
}

const labelValue = /^(?=.{0,63}$)(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const qualifiedPart = /^(?=.{1,63}$)([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const valueRule = "at most 63 letters, digits, -, _ and ., with a letter or digit at both ends";
const keyRule = `${valueRule}; before it perhaps a DNS name and /`;
const maxAnnotations = 256 * 1024;

function isQualified(key: string): boolean {
  const [last, prefix, ...more] = key.split("/").reverse();
  return more.length === 0 && (prefix === undefined || isDnsSubdomain(prefix)) && qualifiedPart.test(last!);
}

const ofKey = (field: string, key: string): string[] =>
  isQualified(key) ? [] : [`metadata.${field}: ${shown(key)} is no key: ${keyRule}`];

const member = (key: string): string => (/^[\w-]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`);
const bytes = (text: string): number => Buffer.byteLength(text);

/** A long one is not repeated whole. */
const shown = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

function entriesOf(map: unknown): [string, string][] {
  if (typeof map !== "object" || map === null || Array.isArray(map)) return [];
  return Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === "string");
}
