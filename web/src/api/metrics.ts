import { useEffect, useMemo } from 'preact/hooks';
import { createStore, useStore } from '../store';
import { type Buckets, parsePrometheus, quantile } from './prometheus';

// Rates and percentiles are differences between two readings of /metrics, which is public. Readings
// are taken while a page that shows them is there, and kept when it is left and come back to.

interface Reading {
  time: number; // seconds since the epoch
  /** By endpoint, then by the series' whole name. */
  endpoints: Map<string, Map<string, Series>>;
}

interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const kEvery = 2000;
const kKept = 450; // 15 minutes
const kWindow = 5; // readings that a percentile looks back over
const kFamilies = [
  'gyre_invocations_total',
  'gyre_invocation_errors_total',
  'gyre_prediction_seconds_bucket',
  'gyre_request_queue_seconds_bucket',
  'gyre_inference_seconds_bucket',
  'gyre_batch_size_',
  'gyre_batches_total',
  'gyre_requests_outstanding',
  'gyre_worker_restarts_total',
];

const readings = createStore<readonly Reading[]>([]);
export const metricsProblem = createStore('');
let watchers = 0;
let timer = 0;

async function read(): Promise<void> {
  if (!document.hidden) {
    try {
      const answer = await fetch('/metrics');
      if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`);
      const endpoints: Reading['endpoints'] = new Map();
      for (const sample of parsePrometheus(await answer.text(), kFamilies)) {
        const endpoint = sample.labels['endpoint'];
        if (endpoint === undefined) continue;
        let series = endpoints.get(endpoint);
        if (!series) endpoints.set(endpoint, (series = new Map()));
        series.set(sample.name + JSON.stringify(sample.labels), sample);
      }
      readings.set([...readings.get().slice(1 - kKept), { time: Date.now() / 1000, endpoints }]);
      metricsProblem.set('');
    } catch (error) {
      metricsProblem.set((error as Error).message);
    }
  }
  if (watchers > 0) timer = setTimeout(read, kEvery);
}

function useReadings(): readonly Reading[] {
  useEffect(() => {
    watchers += 1;
    if (watchers === 1) void read();
    return () => {
      watchers -= 1;
      if (watchers === 0) clearTimeout(timer);
    };
  }, []);
  return useStore(readings);
}

/** What a series grew by. A host that was started anew counts from nothing again. */
function growth(from: Reading, to: Reading, endpoint: string, name: string, each: (labels: Record<string, string>, by: number) => void): void {
  const before = from.endpoints.get(endpoint);
  for (const [key, series] of to.endpoints.get(endpoint) ?? []) {
    if (series.name !== name) continue;
    const old = before?.get(key)?.value ?? 0;
    each(series.labels, series.value >= old ? series.value - old : series.value);
  }
}

function grew(from: Reading, to: Reading, endpoint: string, name: string): number {
  let total = 0;
  growth(from, to, endpoint, name, (_, by) => (total += by));
  return total;
}

function histogram(from: Reading, to: Reading, endpoint: string, name: string): Buckets {
  const counts = new Map<number, number>();
  growth(from, to, endpoint, name + '_bucket', (labels, by) => {
    const bound = Number((labels['le'] ?? '').replace('+Inf', 'Infinity'));
    counts.set(bound, (counts.get(bound) ?? 0) + by);
  });
  return [...counts].map(([bound, count]) => ({ bound, count })).sort((a, b) => a.bound - b.bound);
}

/** The latest requests a second of every endpoint. */
export function useRates(): Map<string, number> {
  const all = useReadings();
  return useMemo(() => {
    const rates = new Map<string, number>();
    const to = all.at(-1);
    const from = all.at(-1 - Math.min(kWindow, all.length - 1));
    if (!to || !from || to === from) return rates;
    for (const endpoint of to.endpoints.keys()) {
      rates.set(endpoint, grew(from, to, endpoint, 'gyre_invocations_total') / (to.time - from.time));
    }
    return rates;
  }, [all]);
}

type Values = (number | null)[];

export interface EndpointMetrics {
  times: number[];
  rate: Values;
  errors: Values;
  latency: { p50: Values; p95: Values; p99: Values };
  queue: Values; // p50
  model: Values; // p50
  batch: Values; // mean
  /** Batches a second by why they left. */
  reasons: { name: string; values: Values }[];
  outstanding: number;
  restarts: number;
  total: number;
}

export interface FleetMetrics {
  times: number[];
  rate: Values;
  p99: Values;
}

/** What the hosts of these names have answered: of the two fleets of an update, say. */
export function useFleetMetrics(endpoint: string, instances: readonly string[]): FleetMetrics {
  const all = useReadings();
  const names = instances.join(' ');
  return useMemo(() => {
    const mine = new Set(names.split(' '));
    const result: FleetMetrics = { times: [], rate: [], p99: [] };
    for (let i = 1; i < all.length; i += 1) {
      const to = all[i]!;
      const last = all[i - 1]!;
      if (to.time <= last.time) continue;
      let answered = 0;
      growth(last, to, endpoint, 'gyre_prediction_seconds_bucket', (labels, by) => {
        if (labels['le'] === '+Inf' && mine.has(labels['instance'] ?? '')) answered += by;
      });
      const from = all[Math.max(0, i - kWindow)]!;
      const counts = new Map<number, number>();
      growth(from, to, endpoint, 'gyre_prediction_seconds_bucket', (labels, by) => {
        if (!mine.has(labels['instance'] ?? '')) return;
        const bound = Number((labels['le'] ?? '').replace('+Inf', 'Infinity'));
        counts.set(bound, (counts.get(bound) ?? 0) + by);
      });
      const buckets = [...counts].map(([bound, count]) => ({ bound, count })).sort((a, b) => a.bound - b.bound);
      result.times.push(to.time);
      result.rate.push(answered / (to.time - last.time));
      result.p99.push(quantile(0.99, buckets));
    }
    return result;
  }, [all, endpoint, names]);
}

export const kReasons = ['full', 'delay', 'idle', 'deadline', 'drain', 'shape'];

/** What one endpoint's hosts have counted, over all its variants and instances. */
export function useEndpointMetrics(endpoint: string): EndpointMetrics {
  const all = useReadings();
  return useMemo(() => {
    const result: EndpointMetrics = {
      times: [], rate: [], errors: [], latency: { p50: [], p95: [], p99: [] }, queue: [], model: [], batch: [],
      reasons: kReasons.map((name) => ({ name, values: [] })), outstanding: 0, restarts: 0, total: 0,
    };
    for (let i = 1; i < all.length; i += 1) {
      const to = all[i]!;
      const last = all[i - 1]!;
      const passed = to.time - last.time;
      if (passed <= 0) continue;
      result.times.push(to.time);
      result.rate.push(grew(last, to, endpoint, 'gyre_invocations_total') / passed);
      result.errors.push(grew(last, to, endpoint, 'gyre_invocation_errors_total') / passed);
      const from = all[Math.max(0, i - kWindow)]!;
      const latency = histogram(from, to, endpoint, 'gyre_prediction_seconds');
      result.latency.p50.push(quantile(0.5, latency));
      result.latency.p95.push(quantile(0.95, latency));
      result.latency.p99.push(quantile(0.99, latency));
      result.queue.push(quantile(0.5, histogram(from, to, endpoint, 'gyre_request_queue_seconds')));
      result.model.push(quantile(0.5, histogram(from, to, endpoint, 'gyre_inference_seconds')));
      const batches = grew(from, to, endpoint, 'gyre_batch_size_count');
      result.batch.push(batches ? grew(from, to, endpoint, 'gyre_batch_size_sum') / batches : null);
      const reasons = new Map<string, number>();
      growth(last, to, endpoint, 'gyre_batches_total', (labels, by) => reasons.set(labels['reason']!, (reasons.get(labels['reason']!) ?? 0) + by));
      for (const reason of result.reasons) reason.values.push((reasons.get(reason.name) ?? 0) / passed);
    }
    for (const series of all.at(-1)?.endpoints.get(endpoint)?.values() ?? []) {
      if (series.name === 'gyre_requests_outstanding') result.outstanding += series.value;
      if (series.name === 'gyre_worker_restarts_total') result.restarts += series.value;
      if (series.name === 'gyre_invocations_total') result.total += series.value;
    }
    return result;
  }, [all, endpoint]);
}
