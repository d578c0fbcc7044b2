import { randomBytes } from "node:crypto";
import { type Clock, type Logger, systemClock } from "@companyos/service";
import type { KubeClient } from "./client.ts";
import { isNotFound } from "./errors.ts";
import { microTime } from "./lease-record.ts";
import { type AnyObject, metaOf } from "./object.ts";
import { resources } from "./resource.ts";

export interface EventRecorderOptions {
  client: KubeClient;
  /** Who reports, a qualified name such as `companyos.io/operator`. */
  controller: string;
  /** Which process: the pod's name. */
  instance: string;
  log: Logger;
  clock?: Clock | undefined;
}

export interface RecordedEvent {
  type: "Normal" | "Warning";
  /** CamelCase. */
  reason: string;
  /** For people. */
  note: string;
  /** What was done or tried, CamelCase; default the reason. */
  action?: string | undefined;
}

export type EventSubject = AnyObject & { apiVersion?: string | undefined; kind?: string | undefined };

export interface EventRecorder {
  /** Never throws and never waits; repeats become a series of one event instead of more objects. */
  record(about: EventSubject, event: RecordedEvent): void;
  /** Sends what is waiting. */
  stop(): Promise<void>;
}

/** A repeat within this time continues the series; client-go's value. */
const SERIES_MS = 6 * 60_000;
/** A series is written at most this often. */
const BUMP_MS = 10_000;
const MOST_SERIES = 4096;
const MOST_WAITING = 1000;

interface Series {
  namespace: string;
  name: string;
  count: number;
  /** By `clock.now`, to be written down; by `clock.elapsed`, to tell how long ago that is. */
  lastAt: number;
  last: number;
  /** Cancels the bump that is due. */
  cancel?: (() => void) | undefined;
  bump?: (() => void) | undefined;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, log } = options;
  const clock = options.clock ?? systemClock;
  const seriesByEvent = new Map<string, Series>();
  let tail: Promise<void> = Promise.resolve();
  let waiting = 0;

  /** One request at a time, in order: events must never crowd out the work they speak of. */
  function send(what: () => Promise<unknown>): void {
    if (waiting >= MOST_WAITING) {
      log.warn("events are dropped: too many wait to be sent");
      return;
    }
    waiting++;
    tail = tail
      .then(what)
      .catch((error) => log.warn("an event was not recorded", { error }))
      .then(() => void waiting--);
  }

  function begin(about: EventSubject, event: RecordedEvent, key: string): void {
    const [now, last] = [clock.now(), clock.elapsed()];
    const { name = "", namespace, uid, resourceVersion } = metaOf(about);
    const series: Series = {
      // Events about cluster-scoped objects live in `default`.
      namespace: namespace ?? "default",
      name: `${name.slice(0, 230)}.${randomBytes(8).toString("hex")}`,
      count: 1,
      lastAt: now,
      last,
    };
    seriesByEvent.set(key, series);
    forgetOld(seriesByEvent, last);
    const { apiVersion, kind } = about;
    send(() =>
      client.create(resources.events, {
        metadata: { namespace: series.namespace, name: series.name },
        eventTime: microTime(now),
        reportingController: options.controller,
        reportingInstance: options.instance.slice(0, 128),
        type: event.type,
        reason: event.reason.slice(0, 128),
        action: (event.action ?? event.reason).slice(0, 128),
        note: event.note.slice(0, 1024),
        regarding: { apiVersion, kind, name, namespace, uid, resourceVersion } as Record<string, string>,
      }),
    );
  }

  function repeat(series: Series, key: string): void {
    series.count++;
    series.lastAt = clock.now();
    series.last = clock.elapsed();
    if (series.cancel) return;
    const bump = () => {
      series.cancel = undefined;
      series.bump = undefined;
      send(() => writeSeries(series, key));
    };
    series.bump = bump;
    series.cancel = clock.after(BUMP_MS, bump);
  }

  async function writeSeries({ name, namespace, count, lastAt }: Series, key: string): Promise<void> {
    const series = { count, lastObservedTime: microTime(lastAt) };
    try {
      await client.patch(resources.events, name, "merge", { series }, { namespace });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      // The API server forgets events after an hour: the next one begins anew.
      seriesByEvent.delete(key);
    }
  }

  return {
    record(about, event) {
      const { uid, namespace, name } = metaOf(about);
      const { type, reason, action, note } = event;
      const key = JSON.stringify([about.kind, namespace, name, uid, type, reason, action, note]);
      const series = seriesByEvent.get(key);
      if (series && clock.elapsed() - series.last < SERIES_MS) repeat(series, key);
      else begin(about, event, key);
    },
    async stop() {
      for (const { cancel, bump } of seriesByEvent.values()) {
        cancel?.();
        bump?.();
      }
      await tail;
    },
  };
}

function forgetOld(all: Map<string, Series>, now: number): void {
  if (all.size <= MOST_SERIES) return;
  for (const [key, series] of all) {
    if (!series.cancel && now - series.last >= SERIES_MS) all.delete(key);
  }
  // Still too many live ones: the oldest goes, and its next repeat is a new event.
  for (const key of all.keys()) {
    if (all.size <= MOST_SERIES) return;
    all.get(key)?.cancel?.();
    all.delete(key);
  }
}
