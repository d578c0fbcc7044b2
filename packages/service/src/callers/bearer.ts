import type { IncomingMessage } from "node:http";
import { authenticatedConnections } from "../connection-limits.ts";
import type { Authenticator } from "./authenticator.ts";
import { OverBudget } from "./question-budget.ts";
import type { User } from "./reviewer.ts";

const maxTokenLength = 16_384;

/** Why a request is refused: 401 nobody, 429 asked too often for nothing, 503 nobody can tell now. */
export type CallerRefusal =
  | { readonly status: 401; readonly challenge: string; readonly message: string }
  | { readonly status: 429; readonly message: string }
  | { readonly status: 503; readonly message: string; readonly error: unknown };

/** Who sends the request, by its bearer token (RFC 6750). Marks the connection as authenticated, or no longer. */
export async function callerBy(
  authenticator: Authenticator,
  { headers, socket }: IncomingMessage,
): Promise<{ readonly user: User } | CallerRefusal> {
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined || token.length > maxTokenLength) {
    return { status: 401, challenge: "Bearer", message: "send a bearer token of the Kubernetes API" };
  }
  const peer = { address: socket.remoteAddress, authenticated: authenticatedConnections.has(socket) };
  let user: User | undefined;
  try {
    user = await authenticator.authenticate(token, peer);
  } catch (error) {
    return refusalOf(error);
  }
  if (user !== undefined) {
    authenticatedConnections.add(socket);
    return { user };
  }
  authenticatedConnections.delete(socket);
  const challenge = 'Bearer error="invalid_token"';
  return { status: 401, challenge, message: "the API server does not accept this token" };
}

/** What an error of an authenticator means for who asked. */
export function refusalOf(error: unknown): CallerRefusal {
  return error instanceof OverBudget
    ? { status: 429, message: "too many questions came to nothing: wait before the next one" }
    : { status: 503, message: "the API server cannot be asked who you are: try again", error };
}
