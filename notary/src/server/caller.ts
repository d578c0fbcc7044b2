/** Bearer tokens: who calls, and is it allowed? Answers the request itself when not. */

import { authenticatedConnections } from "@companyos/service";
import type { Request, Response } from "express";

import { answer } from "./answers.ts";
import type { Action, Authenticator, User } from "./auth.ts";
import { OverBudget } from "./budgets.ts";

const longestToken = 16_384;

/** Undefined after it answered 401, 429, or 503 when nobody can tell now. */
export async function callerOf(
  authenticator: Authenticator,
  request: Request,
  response: Response,
): Promise<User | undefined> {
  const { socket } = request;
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.get("authorization") ?? "")?.[1];
  if (token === undefined || token.length > longestToken) {
    refuse(request, response, "Bearer", "send a bearer token of the Kubernetes API");
    return undefined;
  }
  try {
    const peer = { address: socket.remoteAddress, known: authenticatedConnections.has(socket) };
    const user = await authenticator.authenticate(token, peer);
    if (user !== undefined) {
      authenticatedConnections.add(socket);
      return user;
    }
  } catch (error) {
    answerUnknown(request, response, error);
    return undefined;
  }
  authenticatedConnections.delete(socket);
  refuse(request, response, 'Bearer error="invalid_token"', "the API server does not accept this token");
  return undefined;
}

/** Whether the caller may do `action`; undefined after it answered that nobody can tell now. */
export async function may(
  authenticator: Authenticator,
  user: User,
  action: Action,
  request: Request,
  response: Response,
): Promise<boolean | undefined> {
  try {
    return await authenticator.authorize(user, action);
  } catch (error) {
    answerUnknown(request, response, error);
    return undefined;
  }
}

export function answerForbidden(request: Request, response: Response, user: User, action: Action): void {
  const { verb, resource, subresource, group, name } = action;
  const what = `${verb} ${resource}${subresource ? `/${subresource}` : ""}.${group}${name ? ` "${name}"` : ""}`;
  withoutBody(request, response);
  answer(response, 403, "forbidden", `${user.username} may not ${what}: ask for a role that allows it`);
}

function refuse(request: Request, response: Response, challenge: string, message: string): void {
  withoutBody(request, response);
  response.set("WWW-Authenticate", challenge);
  answer(response, 401, "unauthenticated", message);
}

function answerUnknown(request: Request, response: Response, error: unknown): void {
  withoutBody(request, response);
  response.set("Retry-After", "1");
  if (error instanceof OverBudget) {
    answer(
      response,
      429,
      "too_many_refusals",
      "too many questions came to nothing: wait before the next one",
    );
  } else answer(response, 503, "unavailable", "the API server cannot be asked who you are: try again");
}

/** What nobody is going to read is not taken either: the connection ends with the answer. */
export function withoutBody(request: Request, response: Response): void {
  if (request.method !== "GET" && request.method !== "HEAD" && !request.complete)
    response.set("Connection", "close");
}
