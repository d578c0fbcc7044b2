import type { RouterOptions } from "express";

/** For each Router: it does not take this over from the application. */
export const exactPaths: RouterOptions = { caseSensitive: true, strict: true };
