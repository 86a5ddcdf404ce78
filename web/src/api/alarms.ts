import { ApiError, send } from './call';
import { type Page } from './pages';

export interface Dimension {
  Name: string;
  Value: string;
}

export interface Alarm {
  AlarmName: string;
  AlarmArn: string;
  AlarmDescription?: string;
  StateValue: string;
  StateReason: string;
  StateUpdatedTimestamp: number;
  StateTransitionedTimestamp?: number;
  Namespace: string;
  MetricName: string;
  Dimensions: Dimension[];
  Statistic?: string;
  ExtendedStatistic?: string;
  Period: number;
  EvaluationPeriods: number;
  DatapointsToAlarm?: number;
  Threshold: number;
  ComparisonOperator: string;
  TreatMissingData?: string;
  ActionsEnabled: boolean;
  AlarmActions: string[];
  OKActions: string[];
  InsufficientDataActions: string[];
}

async function cloudwatch<T>(operation: string, input: object, signal?: AbortSignal): Promise<T> {
  const answer = await send('monitoring', '/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.0', 'X-Amz-Target': `GraniteServiceVersion20100801.${operation}` },
    body: JSON.stringify(input),
    signal: signal ?? null,
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : {}) as T;
}

export async function listAlarms(token?: string, signal?: AbortSignal): Promise<Page<Alarm>> {
  const page = await cloudwatch<{ MetricAlarms: Alarm[]; NextToken?: string }>('DescribeAlarms', { MaxRecords: 100, ...(token ? { NextToken: token } : {}) }, signal);
  return { items: page.MetricAlarms, next: page.NextToken };
}

/** Throws when there is none of that name. */
export async function describeAlarm(name: string, signal?: AbortSignal): Promise<Alarm> {
  const page = await cloudwatch<{ MetricAlarms: Alarm[] }>('DescribeAlarms', { AlarmNames: [name] }, signal);
  const alarm = page.MetricAlarms[0];
  if (!alarm) throw new ApiError('ResourceNotFound', `There is no alarm ${name}.`, 404);
  return alarm;
}

export function deleteAlarm(name: string): Promise<unknown> {
  return cloudwatch('DeleteAlarms', { AlarmNames: [name] });
}

/** The alarm's metric over the last periods, one value for each; null where there is none. */
export async function valuesOf(alarm: Alarm, signal?: AbortSignal): Promise<{ times: number[]; values: (number | null)[] }> {
  const periods = 60;
  const end = Math.floor(Date.now() / 1000 / alarm.Period) * alarm.Period;
  const start = end - periods * alarm.Period;
  const answer = await cloudwatch<{ MetricDataResults: { Timestamps: number[]; Values: number[] }[] }>(
    'GetMetricData',
    {
      StartTime: start,
      EndTime: end,
      MetricDataQueries: [
        {
          Id: 'watched',
          MetricStat: {
            Metric: { Namespace: alarm.Namespace, MetricName: alarm.MetricName, Dimensions: alarm.Dimensions },
            Period: alarm.Period,
            Stat: alarm.ExtendedStatistic ?? alarm.Statistic ?? 'Average',
          },
        },
      ],
    },
    signal,
  );
  const times = Array.from({ length: periods }, (_, i) => start + i * alarm.Period);
  const values = times.map((): number | null => null);
  for (const result of answer.MetricDataResults) {
    result.Timestamps.forEach((time, i) => {
      const at = Math.floor((time - start) / alarm.Period);
      if (at >= 0 && at < values.length) values[at] = result.Values[i] ?? null;
    });
  }
  return { times, values };
}
