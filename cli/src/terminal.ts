/**
 * Text from elsewhere, without characters that control a terminal, and without commands to the pipeline that it is printed
 * in: GitHub's runner takes `::` at a line's start and `##[` anywhere for one, Azure's `##vso[`, TeamCity `##teamcity[`.
 * As long as it was.
 */
export function printable(text: string): string {
  const calm = text.replace(/##(?=\w*\[)/g, "#\ufffd").replace(/^(\s*):(?=:)/, "$1\ufffd");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
  return calm.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** One line for a person, which may quote text from elsewhere. */
export const say = (line: string): void => console.log(printable(line));

/** The same to standard error. A text of several lines keeps them. */
export const complain = (text: string): void => console.error(text.split("\n").map(printable).join("\n"));
