import { send } from './call';
import type { Variant } from './sagemaker';

/** What CloudWatch kept of an endpoint, as the charts want it. */
export interface History {
  times: number[]; // seconds since the epoch
  rate: (number | null)[];
  errors: (number | null)[];
  p50: (number | null)[]; // seconds, of the variant with the slowest
  p99: (number | null)[];
}

export interface Span {
  label: string;
  seconds: number;
  period: number;
}

/** Periods that the store keeps that long (docs/formats/metric_store.md). */
export const kSpans: Span[] = [
  { label: 'Last hour', seconds: 3600, period: 10 },
  { label: 'Last 3 hours', seconds: 3 * 3600, period: 30 },
  { label: 'Last day', seconds: 86400, period: 300 },
  { label: 'Last week', seconds: 7 * 86400, period: 1800 },
  { label: 'Last month', seconds: 30 * 86400, period: 7200 },
];

interface Result {
  Id: string;
  Timestamps: number[];
  Values: number[];
}

/** Endpoints' values come every ten seconds. */
const kLag = 12;

const kErrors = ['Invocation4XXErrors', 'Invocation5XXErrors'];

function queriesOf(endpoint: string, variants: Variant[], period: number): object[] {
  return variants.flatMap((variant, i) => {
    const ask = (id: string, name: string, stat: string) => ({
      Id: `${id}${i}`,
      MetricStat: {
        Metric: {
          Namespace: 'AWS/SageMaker',
          MetricName: name,
          Dimensions: [{ Name: 'EndpointName', Value: endpoint }, { Name: 'VariantName', Value: variant.VariantName }],
        },
        Period: period,
        Stat: stat,
      },
    });
    return [
      ask('rate_', 'Invocations', 'Sum'),
      ...kErrors.map((name, k) => ask(`errors${k}_`, name, 'Sum')),
      ask('p50_', 'ModelLatency', 'p50'),
      ask('p99_', 'ModelLatency', 'p99'),
    ];
  });
}

export async function historyOf(endpoint: string, variants: Variant[], span: Span, signal?: AbortSignal): Promise<History> {
  const end = Math.floor((Date.now() / 1000 - kLag) / span.period) * span.period;
  const start = end - span.seconds;
  const times: number[] = [];
  for (let time = start; time < end; time += span.period) times.push(time);
  const empty = () => times.map((): number | null => null);
  const history: History = { times, rate: times.map(() => 0), errors: times.map(() => 0), p50: empty(), p99: empty() };
  let token: string | undefined;
  do {
    const answer = await send('monitoring', '/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': 'GraniteServiceVersion20100801.GetMetricData' },
      body: JSON.stringify({ MetricDataQueries: queriesOf(endpoint, variants, span.period), StartTime: start, EndTime: end, ...(token ? { NextToken: token } : {}) }),
      signal: signal ?? null,
    });
    const page = (await answer.json()) as { MetricDataResults: Result[]; NextToken?: string };
    for (const result of page.MetricDataResults) {
      const kind = result.Id.slice(0, 3); // rat, err, p50, p99
      result.Timestamps.forEach((time, i) => {
        const at = Math.floor((time - start) / span.period);
        const value = result.Values[i] ?? 0;
        if (at < 0 || at >= times.length) return;
        if (kind === 'rat') history.rate[at] = history.rate[at]! + value / span.period;
        else if (kind === 'err') history.errors[at] = history.errors[at]! + value / span.period;
        else if (kind === 'p50') history.p50[at] = Math.max(history.p50[at] ?? 0, value / 1e6);
        else history.p99[at] = Math.max(history.p99[at] ?? 0, value / 1e6);
      });
    }
    token = page.NextToken;
  } while (token);
  return history;
}
