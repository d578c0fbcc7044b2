import type { IncomingMessage } from "node:http";
import { authenticatedConnections } from "../connection-limits.ts";
import { BusyError } from "../semaphore.ts";
import type { Authenticator } from "./authenticator.ts";
import { NotAsked, OverBudget } from "./question-budget.ts";
import type { User } from "./reviewer.ts";

const maxTokenLength = 16_384;

/** Why a request is refused: 401 nobody, 429 asked too often for nothing or too much at once, 503 nobody can tell now. */
export type CallerRefusal =
  | {
      readonly status: 401;
      readonly code: "unauthenticated";
      readonly challenge: string;
      readonly message: string;
    }
  | { readonly status: 429; readonly code: "too_many_refusals" | "busy"; readonly message: string }
  | {
      readonly status: 503;
      readonly code: "unavailable";
      readonly message: string;
      /** Absent: it was told before. */
      readonly error?: unknown;
    };

/** Who sends the request, by its bearer token (RFC 6750). Marks the connection as authenticated, or no longer. */
export async function callerBy(
  authenticator: Authenticator,
  { headers, headersDistinct, socket }: IncomingMessage,
): Promise<{ readonly user: User } | CallerRefusal> {
  if ((headersDistinct.authorization?.length ?? 0) > 1)
    return unauthenticated('Bearer error="invalid_request"', "send one Authorization header");
  const token = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined || token.length > maxTokenLength)
    return unauthenticated("Bearer", "send a bearer token of the Kubernetes API");
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
  return unauthenticated('Bearer error="invalid_token"', "the API server does not accept this token");
}

function unauthenticated(challenge: string, message: string): CallerRefusal {
  return { status: 401, code: "unauthenticated", challenge, message };
}

/** What an error of an authenticator means for who asked. */
export function refusalOf(error: unknown): CallerRefusal {
  if (error instanceof OverBudget) {
    const message = "too many questions came to nothing: wait before the next one";
    return { status: 429, code: "too_many_refusals", message };
  }
  if (error instanceof BusyError) return { status: 429, code: "busy", message: error.message };
  const message = "the API server cannot be asked who you are: try again";
  return { status: 503, code: "unavailable", message, ...(error instanceof NotAsked ? {} : { error }) };
}
