import { InvalidArgumentError, Option } from "commander";

/** Seconds. */
const usual = 30;

/** `--timeout`, of every verb that asks logs. */
export function silenceOption(): Option {
  return new Option(
    "--timeout <seconds>",
    "how long the API server, and each log, may send nothing, connecting included; who did is asked no more",
  )
    .argParser((text) => {
      const value = Number(text);
      if (!(value >= 1 && value <= 3600)) throw new InvalidArgumentError("expected seconds, 1 to 3600");
      return value;
    })
    .default(usual);
}
