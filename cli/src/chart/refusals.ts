/** What Helm would refuse of values, by the chart's own schema. */
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { didYouMean } from "../near-miss.ts";
import { chartSchema } from "./schema.ts";

/** One for each value, in the schema's order: `notary.jurisdictions.eu-west-1 is "eu": …`. */
export function refusals(values: object): string[] {
  const validate = new Ajv2020({ allErrors: true, strict: false, verbose: true }).compile(chartSchema);
  if (validate(values)) return [];
  // That a condition does not hold says less than what does not hold in it.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== "if").map(refusalOf);
  const byPath = Map.groupBy(errors, ([path]) => path);
  return [...byPath.values()].map(([first]) => first!.join(" "));
}

/** As `--set` takes its path, and what is wrong there. */
function refusalOf({
  instancePath,
  keyword,
  params,
  ...error
}: ErrorObject): [path: string, message: string] {
  const { message = "", parentSchema, data } = error;
  const path = (...more: string[]) => [...instancePath.split("/").slice(1).map(unescaped), ...more].join(".");
  switch (keyword) {
    case "additionalProperties": {
      const { additionalProperty: key } = params;
      const known = Object.keys(parentSchema?.properties ?? {});
      return [path(key), `is no value of the chart${didYouMean(key, known)}`];
    }
    case "false schema":
      return [path(), "is what the chart sets itself"];
    case "required":
      return [path(params.missingProperty), "is missing"];
    case "enum":
      return [path(), `is ${shown(data)}: expected ${params.allowedValues.map(shownOne).join(", ")}`];
    default:
      return [path(), `is ${shown(data)}: it ${message}`];
  }
}

const shownOne = (value: unknown): string => (value === "" ? '""' : String(value));

/** A long one is not repeated whole. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** RFC 6901. */
const unescaped = (step: string): string => step.replaceAll("~1", "/").replaceAll("~0", "~");
