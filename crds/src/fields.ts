/** The scalars and collections that specs are made of. Everything is bounded: CEL's cost is estimated from bounds. */
import { z } from "zod";

const dnsLabelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomainPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** RFC 1123 label: what names a namespace, and so a tenant. */
export const dnsLabel = z
  .string()
  .min(1)
  .max(63)
  .regex(dnsLabelPattern, "must be a DNS label: lower-case letters, digits and '-', at most 63");
/** A region name is a label value, a part of host names and of file names, so it is a DNS label too. */
export const regionName = dnsLabel;
/** Said of a region that could not be resolved, of more than one, and of none: no Region's name may mean the same. */
export const regionWords: readonly string[] = ["unknown", "several", "unconstrained"];
export const regionWordsCel = `[${regionWords.map((word) => `'${word}'`).join(", ")}]`;
/** RFC 1123 subdomain: what names most Kubernetes objects. */
export const dnsSubdomain = z
  .string()
  .min(1)
  .max(253)
  .regex(subdomainPattern, "must be a DNS subdomain: DNS labels joined by '.'");
export const isDnsSubdomain = (name: string): boolean => name.length <= 253 && subdomainPattern.test(name);
/** As a regular expression in a string of CEL. */
export const subdomainCelPattern = subdomainPattern.source.replaceAll("\\.", "[.]");
/** Upper case by rule, so that `eu` and `EU` cannot silently be two jurisdictions. */
export const jurisdictionName = z
  .string()
  .min(1)
  .max(32)
  .regex(/^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*$/, "must be upper case, such as EU or US-CA");
export const labelValue = z
  .string()
  .max(63)
  .regex(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, "must be a label value");
/** RFC 3339 with seconds and a zone. */
export const dateTime = z.iso.datetime({ offset: true });

/**
 * A Kubernetes quantity, never negative. Written as a number or a string, read as a string. A fraction is a string: a CRD's
 * schema takes integers and strings in one field, and no other numbers.
 */
export const quantity = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .max(64)
        .regex(
          /^[+]?(([0-9]+([.][0-9]*)?)|([.][0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?[0-9]+))?$/,
          "must be a quantity such as 4, 500m or 8Gi",
        ),
    ],
    { error: 'must be a quantity such as 4, 500m, 8Gi or, a fraction in quotes, "1.5"' },
  )
  .transform(String)
  .meta({ "x-kubernetes-int-or-string": true });

/** Free text of at most `max` characters, counted as the API server counts: by code point, not by UTF-16 unit. */
export function text(max: number) {
  return z
    .string()
    .refine((value) => value.length <= max || [...value].length <= max, `must have at most ${max} characters`)
    .meta({ maxLength: max });
}

/** A list without repeats, merged item by item under server-side apply. */
export function setOf<S extends z.ZodType<string>>(
  item: S,
  size: { readonly min?: number; readonly max: number },
) {
  const list = z.array(item).max(size.max);
  return (size.min === undefined ? list : list.min(size.min))
    .superRefine((values, context) => {
      values.forEach((value, index) => {
        if (values.indexOf(value) < index)
          context.addIssue({ code: "custom", message: `repeats ${JSON.stringify(value)}`, path: [index] });
      });
    })
    .meta({ "x-kubernetes-list-type": "set" });
}

/** A map from short keys to `value`. */
export function mapOf<S extends z.ZodType>(value: S, max: number) {
  return z
    .record(z.string(), value)
    .refine((entries) => Object.keys(entries).length <= max, `must have at most ${max} entries`)
    .meta({ maxProperties: max });
}
