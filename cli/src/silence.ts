import { InvalidArgumentError, Option } from "commander";

/** `--timeout`, of verbs that ask several logs: in seconds. */
export function silenceOption(seconds: number): Option {
  return new Option("--timeout <seconds>", "how long a log may send nothing before it counts as silent")
    .argParser((text) => {
      const value = Number(text);
      if (!(value >= 1 && value <= 3600)) throw new InvalidArgumentError("expected seconds, 1 to 3600");
      return value;
    })
    .default(seconds);
}
