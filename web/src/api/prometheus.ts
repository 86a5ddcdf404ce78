/** Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const kLabel = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** The samples whose names begin with one of `prefixes`. */
export function parsePrometheus(text: string, prefixes: string[]): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    if (!line || line.startsWith('#') || !prefixes.some((prefix) => line.startsWith(prefix))) continue;
    const brace = line.indexOf('{');
    const end = brace < 0 ? -1 : line.lastIndexOf('}');
    const name = line.slice(0, brace < 0 ? line.indexOf(' ') : brace);
    const labels: Record<string, string> = {};
    if (brace >= 0) {
      for (const [, key, value] of line.slice(brace + 1, end).matchAll(kLabel)) {
        labels[key!] = value!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c));
      }
    }
    const rest = line.slice(brace < 0 ? name.length + 1 : end + 1).trim();
    samples.push({ name, labels, value: Number(rest.split(' ')[0]!.replace('Inf', 'Infinity')) });
  }
  return samples;
}

/** A histogram's growth: counts by upper bound, cumulative as Prometheus' are, in order. */
export type Buckets = { bound: number; count: number }[];

/**
 * The value below which that share of the observations lies, spread evenly within a bucket as
 * histogram_quantile does. null where nothing was observed; of the last, boundless bucket its lower end.
 */
export function quantile(share: number, buckets: Buckets): number | null {
  const total = buckets.at(-1)?.count ?? 0;
  if (total <= 0) return null;
  const rank = share * total;
  let below = 0;
  let low = 0;
  for (const { bound, count } of buckets) {
    if (count >= rank) {
      if (!Number.isFinite(bound)) return low;
      if (count === below) return bound;
      return low + ((bound - low) * (rank - below)) / (count - below);
    }
    below = count;
    low = bound;
  }
  return low;
}
