export { BoundedCounter } from "./bounded-counter.ts";
export { tellBuild } from "./build-info.ts";
export { addressName } from "./callers/address-name.ts";
export {
  type Authenticator,
  type AuthenticatorOptions,
  createAuthenticator,
  type Peer,
} from "./callers/authenticator.ts";
export { type CallerRefusal, callerBy, refusalOf } from "./callers/bearer.ts";
export { NotAsked, OverBudget, QuestionBudget, type QuestionLimits } from "./callers/question-budget.ts";
export type { ResourceAttributes, Reviewer, User } from "./callers/reviewer.ts";
export type { MetricName } from "./catalogue/index.ts";
export { certificatesIn, splitPem } from "./certificate-chain.ts";
export {
  type CertificateSource,
  certificateFiles,
  type WatchedCertificate,
} from "./certificate-source.ts";
export { type Clock, sleep, systemClock } from "./clock.ts";
export { connectionKey } from "./connection-key.ts";
export { authenticatedConnections, type ConnectionLimits, limitConnections } from "./connection-limits.ts";
export { endOnFault } from "./end-on-fault.ts";
export { createExpiring, type Expiring } from "./expiring.ts";
export { type FaultPlace, type Faults, isForeseen, reportFaults } from "./faults.ts";
export { type Flow, flowLatency } from "./flow-latency.ts";
export { goDurationMs } from "./go-duration.ts";
export { type Address, close, listen } from "./http-server.ts";
export { type Running, start } from "./lifecycle.ts";
export { logWarnings } from "./log-warnings.ts";
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export { counter, gauge, histogram, type Starts } from "./metrics.ts";
export { toOriginForm } from "./origin-form.ts";
export { createProbeServer, type ProbeHandler, type ProbeOptions, probes } from "./probes.ts";
export { withDefaultMetrics } from "./registry.ts";
export { BusyError, ConcurrencyLimit, Semaphore } from "./semaphore.ts";
export { send } from "./send.ts";
export { chooseServing } from "./serving-choice.ts";
export type { ServingPair } from "./serving-pair.ts";
export { setLargest } from "./set-largest.ts";
export {
  createPlainServer,
  createTlsServer,
  type ServerTimes,
  type TlsServer,
  type TlsServerOptions,
} from "./tls-server.ts";
export {
  type Authentications,
  type CutReason,
  limitUnauthenticated,
  type UnauthenticatedOptions,
} from "./unauthenticated-connections.ts";
