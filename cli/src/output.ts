import { Option } from "commander";

/** `--output text|json`, for every verb that prints a result. */
export function outputOption(): Option {
  return new Option("-o, --output <format>", "what to print").choices(["text", "json"]).default("text");
}
