/**
 * What the operator says, in a Tenant's `status.rollout.waiting`, of a workload whose author asks for a region that is not
 * allowed, and what the webhook reads there to warn of a scale.
 */

const reason = "AsksElsewhere";
const where = ", where the tenant may not run";
const todo = "; pods that run are left, new ones are refused: correct the template";
/** As much as a status takes of it. */
const maxMessage = 1_024;

/** @param what what the template asks for, as the middle of a sentence */
export function asksElsewhere(what: string): { readonly reason: string; readonly message: string } {
  const start = `its template asks for ${what}`.slice(0, maxMessage - where.length - todo.length);
  return { reason, message: `${start}${where}${todo}` };
}

/** What such a workload asks for, as a clause; undefined where it waits for another reason. */
export function whatIsAsked(waiting: {
  readonly reason: string;
  readonly message?: string | undefined;
}): string | undefined {
  if (waiting.reason !== reason) return undefined;
  const { message = "" } = waiting;
  const end = message.lastIndexOf(where);
  return end === -1 ? "its template asks for another region" : message.slice(0, end);
}
