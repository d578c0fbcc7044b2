/** Of every verb: 0 yes, 1 no (blocked, invalid, not ready), 2 wrong use or a broken environment. */
export const exitCodes = { yes: 0, no: 1, wrongUse: 2 } as const;
