import { useMemo, useState } from 'preact/hooks';
import { type Alarm, deleteAlarm, describeAlarm, listAlarms, valuesOf } from '../api/alarms';
import { useInterval, useLoaded, usePages } from '../api/pages';
import { ago, count, dateTime, number } from '../format';
import { go, href } from '../route';
import { Badge, Breakable, Button, Card, Command, Confirm, Copy, Empty, Facts, PageHead, Problem, Search, Spinner } from '../ui/basics';
import { Chart } from '../ui/chart';
import { useShortcut } from '../ui/keys';
import { Table } from '../ui/table';
import { say } from '../ui/toast';

const kComparisons: Record<string, string> = {
  GreaterThanOrEqualToThreshold: '≥',
  GreaterThanThreshold: '>',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '≤',
};

function statistic(alarm: Alarm): string {
  return alarm.ExtendedStatistic ?? alarm.Statistic ?? '';
}

/** "Sum of Invocation5XXErrors ≥ 5" */
function condition(alarm: Alarm): string {
  return `${statistic(alarm)} of ${alarm.MetricName} ${kComparisons[alarm.ComparisonOperator] ?? alarm.ComparisonOperator} ${number(alarm.Threshold)}`;
}

export function AlarmsPage() {
  const list = usePages('alarms', listAlarms);
  const [filter, setFilter] = useState('');
  useShortcut('r', 'Refresh', list.reload);
  useInterval(list.reload, list.items.length <= 500 && !list.loading ? 5000 : 0);
  const rows = useMemo(() => {
    const text = filter.toLowerCase();
    return text ? list.items.filter((alarm) => `${alarm.AlarmName} ${alarm.StateValue} ${alarm.MetricName}`.toLowerCase().includes(text)) : list.items;
  }, [list.items, filter]);
  return (
    <div class="page full">
      <PageHead title="Alarms">
        <Search label="Filter alarms" placeholder="Name, state or metric" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
      </PageHead>
      {list.error && <Problem error={list.error} what="the alarms" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label="Alarms"
          noun="alarm"
          rows={rows}
          rowKey={(alarm) => alarm.AlarmName}
          rowHref={(alarm) => href('alarms', alarm.AlarmName)}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title="No alarm matches" icon="search">
                <Button onClick={() => setFilter('')}>Show all</Button>
              </Empty>
            ) : (
              <Empty title="No alarms yet" icon="alarm">
                <p>An alarm watches a metric, and turns back the updates of endpoints that name it. PutMetricAlarm makes one:</p>
                <Command text="aws cloudwatch put-metric-alarm --alarm-name errors --namespace AWS/SageMaker --metric-name Invocation5XXErrors --dimensions Name=EndpointName,Value=my-model Name=VariantName,Value=main --statistic Sum --period 60 --evaluation-periods 1 --threshold 5 --comparison-operator GreaterThanThreshold" />
              </Empty>
            )
          }
          columns={[
            { title: 'Name', width: 'minmax(0, 2fr)', cell: (alarm) => alarm.AlarmName, sort: (alarm) => alarm.AlarmName },
            { title: 'State', width: 'minmax(120px, 1fr)', cell: (alarm) => <Badge status={alarm.StateValue} />, sort: (alarm) => alarm.StateValue },
            { title: 'Condition', width: 'minmax(0, 3fr)', minor: true, cell: (alarm) => <span title={condition(alarm)}>{condition(alarm)}</span> },
            {
              title: 'Since',
              width: '120px',
              minor: true,
              cell: (alarm) => (alarm.StateTransitionedTimestamp ? <span title={dateTime(alarm.StateTransitionedTimestamp * 1000)}>{ago(alarm.StateTransitionedTimestamp * 1000)}</span> : '–'),
              sort: (alarm) => alarm.StateTransitionedTimestamp ?? 0,
            },
          ]}
        />
      )}
    </div>
  );
}

function Watched({ alarm }: { alarm: Alarm }) {
  const watched = useLoaded(`alarm-values/${alarm.AlarmName}/${alarm.Period}`, (signal) => valuesOf(alarm, signal), 10_000);
  if (watched.error && !watched.value) return <Problem error={watched.error} what="what was measured" retry={watched.reload} />;
  if (!watched.value) return <Spinner />;
  const { times, values } = watched.value;
  return (
    <div class="charts">
      <Chart
        title={`${statistic(alarm)} of ${alarm.MetricName}`}
        times={times}
        quiet="Nothing was measured in this time."
        format={number}
        lines={[
          { label: alarm.MetricName, colour: '--series-1', values, fill: true },
          { label: 'threshold', colour: '--bad', values: times.map(() => alarm.Threshold) },
        ]}
      />
    </div>
  );
}

function actions(arns: string[]) {
  if (arns.length === 0) return '–';
  return arns.map((arn) => {
    const topic = /:sns:.*:([^:]+)$/.exec(arn)?.[1];
    return <div key={arn} class="mono wrap">{topic ? <a href={href('logs', `/gyre/topics/${topic}`)}>{arn}</a> : arn}</div>;
  });
}

function Definition({ alarm }: { alarm: Alarm }) {
  const periods = `${alarm.DatapointsToAlarm ?? alarm.EvaluationPeriods} of ${count(alarm.EvaluationPeriods, 'period')} of ${count(alarm.Period, 'second')}`;
  return (
    <Card title="Definition">
      <Facts
        facts={[
          ['Condition', condition(alarm)],
          ['For', periods],
          ['Namespace', <span class="mono">{alarm.Namespace}</span>],
          ['Of', alarm.Dimensions.length === 0 ? '–' : alarm.Dimensions.map((d) => <div key={d.Name}>{d.Name} {d.Name === 'EndpointName' ? <a href={href('endpoints', d.Value)}>{d.Value}</a> : d.Value}</div>)],
          ['Missing data', alarm.TreatMissingData ?? 'missing'],
          ['When it goes off', actions(alarm.AlarmActions)],
          ['When all is well', actions(alarm.OKActions)],
          ['Actions', alarm.ActionsEnabled ? 'enabled' : 'not enabled'],
          ['ARN', <span class="mono wrap"><Breakable text={alarm.AlarmArn} /> <Copy text={alarm.AlarmArn} /></span>],
        ]}
      />
    </Card>
  );
}

export function AlarmPage({ name }: { name: string }) {
  const alarm = useLoaded(`alarm/${name}`, (signal) => describeAlarm(name, signal), 3000);
  const [deleting, setDeleting] = useState(false);
  useShortcut('r', 'Refresh', alarm.reload);
  const a = alarm.value;
  return (
    <div class="page">
      <PageHead title={name} trail={[{ label: 'Alarms', href: href('alarms') }]} badge={a && <Badge status={a.StateValue} />}>
        {a && <Button icon="trash" onClick={() => setDeleting(true)}>Delete</Button>}
      </PageHead>
      {alarm.error && <Problem error={alarm.error} what="this alarm" retry={alarm.reload} />}
      {!a && !alarm.error && <Spinner />}
      {a && (
        <>
          {a.AlarmDescription && <p>{a.AlarmDescription}</p>}
          <Watched alarm={a} />
          <Card title="State">
            <Facts
              facts={[
                ['Reason', a.StateReason],
                ['Since', a.StateTransitionedTimestamp ? dateTime(a.StateTransitionedTimestamp * 1000) : '–'],
              ]}
            />
          </Card>
          <Definition alarm={a} />
        </>
      )}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          verb="Delete the alarm"
          onClose={() => setDeleting(false)}
          run={async () => {
            await deleteAlarm(name);
            say(`${name} is deleted.`);
            go(href('alarms'));
          }}
        >
          <p>An update that watches it is turned back, as an alarm that cannot be read says nothing good.</p>
        </Confirm>
      )}
    </div>
  );
}
