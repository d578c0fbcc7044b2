export { type Applied, type ApplyIfChangedOptions, applyIfChanged } from "./apply-if-changed.ts";
export { certificateSecret } from "./certificate-secret.ts";
export type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  KubeClient,
  ListOptions,
  PatchType,
  RawInit,
  RawResponse,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export {
  type Controller,
  type ControllerOptions,
  type ControllerSource,
  type ReconcileContext,
  type ReconcileResult,
  runController,
  watchSource,
} from "./controller.ts";
export {
  isAlreadyExists,
  isConflict,
  isExpired,
  isForbidden,
  isInvalid,
  isNotFound,
  KubeError,
  type StatusDetails,
} from "./errors.ts";
export {
  createEventRecorder,
  type EventRecorder,
  type EventRecorderOptions,
  type EventSubject,
  type RecordedEvent,
} from "./event-recorder.ts";
export { findListed } from "./find-listed.ts";
export { type LeaderElection, type LeaderElectionOptions, runLeaderElection } from "./leader-election.ts";
export {
  type AnyObject,
  type Json,
  type KubeObject,
  keyOf,
  type ManagedFieldsEntry,
  metaOf,
  type ObjectMeta,
  type OwnerReference,
  type Typed,
} from "./object.ts";
export { type Comparison, compareOwned } from "./owned-fields.ts";
export { isPodOver } from "./pod-over.ts";
export { pooled } from "./pooled.ts";
export { quantityValue } from "./quantity.ts";
export {
  createReflector,
  type Reflector,
  type ReflectorOptions,
  type ReflectorStats,
  type ReflectorTiming,
} from "./reflector.ts";
export type { ReflectorHandler } from "./reflector-handlers.ts";
export {
  type AnyResource,
  apiVersionOf,
  parseApiVersion,
  pathOf,
  type Resource,
  resources,
  titledKind,
} from "./resource.ts";
export { kubernetesReviewer } from "./reviewer.ts";
export type { IndexFunction, Store } from "./store.ts";
export { createWorkQueue, type WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
