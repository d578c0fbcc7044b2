/** Bearer tokens: who calls, and is it allowed? Answers the request itself when not. */

import type { Request, Response } from "express";

import { answer } from "./answers.ts";
import type { Action, Authenticator, User } from "./auth.ts";

const longestToken = 16_384;

/** Undefined after it answered 401, or 503 when nobody can tell now. */
export async function callerOf(
  authenticator: Authenticator,
  request: Request,
  response: Response,
): Promise<User | undefined> {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.get("authorization") ?? "")?.[1];
  if (token === undefined || token.length > longestToken) {
    response.set("WWW-Authenticate", "Bearer");
    answer(response, 401, "unauthenticated", "send a bearer token of the Kubernetes API");
    return undefined;
  }
  try {
    const user = await authenticator.authenticate(token);
    if (user !== undefined) return user;
  } catch {
    answerUnknown(response);
    return undefined;
  }
  response.set("WWW-Authenticate", 'Bearer error="invalid_token"');
  answer(response, 401, "unauthenticated", "the API server does not accept this token");
  return undefined;
}

/** The caller when it may do `action`; else undefined, after an answer of 401, 403 or 503. */
export async function authorized(
  authenticator: Authenticator,
  action: Action,
  request: Request,
  response: Response,
): Promise<User | undefined> {
  const user = await callerOf(authenticator, request, response);
  if (user === undefined) return undefined;
  try {
    if (await authenticator.authorize(user, action)) return user;
  } catch {
    answerUnknown(response);
    return undefined;
  }
  const what = `${action.verb} ${action.resource}.${action.group}`;
  answer(response, 403, "forbidden", `${user.username} may not ${what}: ask for a role that allows it`);
  return undefined;
}

function answerUnknown(response: Response): void {
  response.set("Retry-After", "1");
  answer(response, 503, "unavailable", "the API server cannot be asked who you are: try again");
}
