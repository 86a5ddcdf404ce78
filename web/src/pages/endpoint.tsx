import { useState } from 'preact/hooks';
import { type Span, historyOf, kSpans } from '../api/cloudwatch';
import { metricsProblem, useEndpointMetrics } from '../api/metrics';
import { useLoaded } from '../api/pages';
import { deleteEndpoint, describeConfig, describeEndpoint, logGroupOf } from '../api/sagemaker';
import { ago, dateTime, number, seconds } from '../format';
import { go, href } from '../route';
import { useStore } from '../store';
import { Badge, Breakable, Button, Card, Confirm, Copy, Facts, PageHead, Problem, Spinner } from '../ui/basics';
import { Chart } from '../ui/chart';
import { useShortcut } from '../ui/keys';
import { say } from '../ui/toast';
import { Rollout } from './rollout';
import { Scaling } from './scaling';
import { TryModel } from './try_model';

const kReasonColours: Record<string, string> = {
  full: '--series-1',
  delay: '--series-2',
  idle: '--series-3',
  deadline: '--series-4',
  drain: '--series-5',
  shape: '--series-6',
};

const kReasonMeaning: Record<string, string> = {
  full: 'as many requests as a batch may hold',
  delay: 'its oldest request had waited long enough',
  idle: 'a worker was free, and waiting would have gained nothing',
  deadline: 'a request would have been too late',
  drain: 'the host was about to stop',
  shape: 'the next request did not fit to the others',
};

function Tile({ label, value, note }: { label: string; value: string; note?: string }) {
  return (
    <div class="tile">
      <span>{label}</span>
      <b>{value}</b>
      {note && <small>{note}</small>}
    </div>
  );
}

function latest(values: (number | null)[]): number {
  return values.at(-1) ?? NaN;
}

function Live({ name }: { name: string }) {
  const m = useEndpointMetrics(name);
  const problem = useStore(metricsProblem);
  const quiet = m.times.length === 0 ? 'Reading…' : 'No requests in this time.';
  return (
    <>
      {problem && <p class="form-error" role="alert">The live figures cannot be read: {problem}</p>}
      <div class="tiles">
        <Tile label="Requests/s" value={number(latest(m.rate))} note={`${m.total.toLocaleString('en-US')} since the start`} />
        <Tile label="Latency p50" value={seconds(latest(m.latency.p50))} note="last 10 s" />
        <Tile label="Latency p99" value={seconds(latest(m.latency.p99))} note="last 10 s" />
        <Tile label="Requests a batch" value={number(latest(m.batch))} note="mean, last 10 s" />
        <Tile label="Waiting or running" value={number(m.outstanding)} note={m.restarts ? `${m.restarts} worker restarts` : 'requests now'} />
      </div>
      <div class="charts">
        <Chart
          title="Requests a second"
          times={m.times}
          quiet={quiet}
          format={number}
          lines={[
            { label: 'sent to a host', colour: '--series-1', values: m.rate, fill: true },
            { label: 'errors', colour: '--bad', values: m.errors },
          ]}
        />
        <Chart
          title="Latency, arrival to answer; queue and model at p50"
          times={m.times}
          quiet={quiet}
          format={seconds}
          lines={[
            { label: 'p50', colour: '--series-1', values: m.latency.p50 },
            { label: 'p95', colour: '--series-2', values: m.latency.p95 },
            { label: 'p99', colour: '--series-4', values: m.latency.p99 },
            { label: 'queue', colour: '--series-5', values: m.queue },
            { label: 'model', colour: '--series-3', values: m.model },
          ]}
        />
        <Chart title="Batch size" times={m.times} quiet={quiet} format={number} lines={[{ label: 'mean', colour: '--series-1', values: m.batch, fill: true }]} />
        <Chart
          title="Why batches left"
          times={m.times}
          quiet={quiet}
          format={number}
          lines={m.reasons.map((reason) => ({ label: reason.name, colour: kReasonColours[reason.name]!, values: reason.values }))}
        />
      </div>
      <details class="meaning">
        <summary>What the reasons mean</summary>
        <dl>
          {Object.entries(kReasonMeaning).map(([name, meaning]) => (
            <div key={name}>
              <dt><i style={{ background: `var(${kReasonColours[name]})` }} />{name}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </details>
    </>
  );
}

/** What CloudWatch kept: longer than this page has been looked at. */
function Past({ name, span }: { name: string; span: Span }) {
  const past = useLoaded(
    `past/${name}/${span.label}`,
    async (signal) => historyOf(name, (await describeEndpoint(name, signal)).ProductionVariants ?? [], span, signal),
    10_000,
  );
  if (past.error && !past.value) return <Problem error={past.error} what="what was measured" retry={past.reload} />;
  if (!past.value) return <Spinner />;
  const h = past.value;
  const quiet = 'No requests in this time.';
  return (
    <div class="charts">
      <Chart
        title="Requests a second"
        times={h.times}
        quiet={quiet}
        format={number}
        lines={[
          { label: 'requests', colour: '--series-1', values: h.rate, fill: true },
          { label: 'errors', colour: '--bad', values: h.errors },
        ]}
      />
      <Chart
        title="Model latency"
        times={h.times}
        quiet={quiet}
        format={seconds}
        lines={[
          { label: 'p50', colour: '--series-1', values: h.p50 },
          { label: 'p99', colour: '--series-4', values: h.p99 },
        ]}
      />
    </div>
  );
}

function Variants({ name, config }: { name: string; config: string }) {
  const endpoint = useLoaded(`variants/${name}`, (signal) => describeEndpoint(name, signal), 4000);
  const wanted = useLoaded(`config/${config}`, (signal) => describeConfig(config, signal));
  const models = new Map([...(wanted.value?.ProductionVariants ?? []), ...(wanted.value?.ShadowProductionVariants ?? [])].map((v) => [v.VariantName, v.ModelName]));
  const variants = endpoint.value?.ProductionVariants ?? [];
  const shadows = endpoint.value?.ShadowProductionVariants ?? [];
  const total = variants.reduce((sum, v) => sum + (v.CurrentWeight ?? 0), 0);
  if (variants.length === 0) return <p class="faint">No variant serves yet.</p>;
  return (
    <table class="small-table">
      <thead>
        <tr><th>Variant</th><th>Model</th><th class="right">Share</th><th class="right">Instances</th></tr>
      </thead>
      <tbody>
        {[...variants, ...shadows].map((v) => {
          const shadow = shadows.includes(v);
          const model = models.get(v.VariantName);
          return (
            <tr key={v.VariantName}>
              <td>{v.VariantName}{shadow && <small class="faint"> shadow</small>}</td>
              <td>{model ? <a href={href('models', model)}>{model}</a> : '–'}</td>
              <td class="right number">{!shadow && total ? `${Math.round(((v.CurrentWeight ?? 0) / total) * 100)}%` : '–'}</td>
              <td class="right number">
                {v.CurrentInstanceCount ?? 0}
                {v.DesiredInstanceCount !== v.CurrentInstanceCount && ` → ${v.DesiredInstanceCount}`}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function EndpointPage({ name }: { name: string }) {
  const endpoint = useLoaded(`endpoint/${name}`, (signal) => describeEndpoint(name, signal), 3000);
  const [deleting, setDeleting] = useState(false);
  const [span, setSpan] = useState<Span | null>(null);
  useShortcut('r', 'Refresh', endpoint.reload);
  const e = endpoint.value;
  const gone = endpoint.error && !e;
  return (
    <div class="page">
      <PageHead title={name} trail={[{ label: 'Endpoints', href: href('endpoints') }]} badge={e && <Badge status={e.EndpointStatus} />}>
        {e && (
          <>
            <select aria-label="Time" value={span?.label ?? ''} onChange={(event) => setSpan(kSpans.find((s) => s.label === event.currentTarget.value) ?? null)}>
              <option value="">Live</option>
              {kSpans.map((s) => <option key={s.label}>{s.label}</option>)}
            </select>
            <a class="button" href={href('logs', logGroupOf(name))}>Logs</a>
            <Button icon="trash" onClick={() => setDeleting(true)}>Delete</Button>
          </>
        )}
      </PageHead>
      {gone && <Problem error={endpoint.error!} what="this endpoint" retry={endpoint.reload} />}
      {!e && !gone && <Spinner />}
      {e && (
        <>
          {e.FailureReason && (
            <div class="problem" role="alert">
              <h2>{e.EndpointStatus === 'Failed' ? 'The endpoint has failed' : 'The last update was turned back'}</h2>
              <pre class="code">{e.FailureReason}</pre>
              <p class="hint">Its <a href={href('logs', logGroupOf(name))}>logs</a> say what the model printed. Mend the model, then update or delete the endpoint.</p>
            </div>
          )}
          {e.PendingDeploymentSummary && <Rollout endpoint={e} />}
          {e.EndpointStatus !== 'Failed' && (span ? <Past name={name} span={span} /> : <Live name={name} />)}
          <div class="columns">
            <TryModel endpoint={name} ready={e.EndpointStatus === 'InService' || e.EndpointStatus === 'Updating'} />
            <div class="stack">
              <Card title="Variants"><Variants name={name} config={e.EndpointConfigName} /></Card>
              <Scaling name={name} />
              <Card title="Facts">
                <Facts
                  facts={[
                    ['ARN', <span class="mono wrap"><Breakable text={e.EndpointArn} /> <Copy text={e.EndpointArn} /></span>],
                    ['Configuration', <span class="mono wrap">{e.EndpointConfigName}</span>],
                    ['Created', dateTime(e.CreationTime * 1000)],
                    ['Changed', ago(e.LastModifiedTime * 1000)],
                  ]}
                />
              </Card>
            </div>
          </div>
        </>
      )}
      {deleting && (
        <Confirm
          title={`Delete ${name}?`}
          verb="Delete the endpoint"
          onClose={() => setDeleting(false)}
          run={async () => {
            await deleteEndpoint(name);
            say(`${name} is being deleted.`);
            go(href('endpoints'));
          }}
        >
          <p>Requests to it fail from then on. Its model and its configuration stay.</p>
        </Confirm>
      )}
    </div>
  );
}
