/** Of every verb: 0 yes, 1 no (blocked, invalid, not ready), 2 wrong use or a broken environment, 3 it cannot be told here. */
export const exitCodes = { yes: 0, no: 1, wrongUse: 2, untold: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function yesOrNo(good: boolean): ExitCode {
  return good ? exitCodes.yes : exitCodes.no;
}
