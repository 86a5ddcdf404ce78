import { useLoaded } from '../api/pages';
import { describeAlarm } from '../api/alarms';
import { useFleetMetrics } from '../api/metrics';
import type { Endpoint, Variant } from '../api/sagemaker';
import { number, percent, seconds } from '../format';
import { href } from '../route';
import { Badge, Card } from '../ui/basics';
import { Chart } from '../ui/chart';

function instancesOf(variants: Variant[] | undefined): string[] {
  return (variants ?? []).flatMap((variant) => variant.Instances ?? []);
}

function AlarmState({ name }: { name: string }) {
  const alarm = useLoaded(`alarm/${name}`, (signal) => describeAlarm(name, signal), 2000);
  return (
    <li>
      <a href={href('alarms', name)}>{name}</a> {alarm.value && <Badge status={alarm.value.StateValue} />}
    </li>
  );
}

/** An update under way: the two fleets side by side, and the alarms that turn it back. */
export function Rollout({ endpoint }: { endpoint: Endpoint }) {
  const pending = endpoint.PendingDeploymentSummary!;
  const old = useFleetMetrics(endpoint.EndpointName, instancesOf(endpoint.ProductionVariants));
  const fresh = useFleetMetrics(endpoint.EndpointName, instancesOf(pending.ProductionVariants));
  const share = pending.TrafficShare ?? 0;
  const alarms = endpoint.LastDeploymentConfig?.AutoRollbackConfiguration?.Alarms ?? [];
  const hosts = instancesOf(pending.ProductionVariants).length;
  const quiet = 'No requests in this time.';
  const labels = [endpoint.EndpointConfigName, pending.EndpointConfigName];
  return (
    <Card title={endpoint.EndpointStatus === 'RollingBack' ? 'Rolling back' : 'Update'} aside={<b class="number">{percent(share)}</b>}>
      <progress class="job-progress" max={1} value={share} aria-label="Share of the new fleet" />
      <p>
        From <span class="mono">{labels[0]}</span> to <span class="mono">{labels[1]}</span>: the new fleet has {percent(share)} of the traffic, and {hosts} of its instances are up.
      </p>
      <div class="charts">
        <Chart
          title="Answers a second by fleet"
          times={fresh.times}
          quiet={quiet}
          format={number}
          lines={[
            { label: `old: ${labels[0]}`, colour: '--series-1', values: old.rate },
            { label: `new: ${labels[1]}`, colour: '--series-2', values: fresh.rate },
          ]}
        />
        <Chart
          title="Latency p99 by fleet"
          times={fresh.times}
          quiet={quiet}
          format={seconds}
          lines={[
            { label: `old: ${labels[0]}`, colour: '--series-1', values: old.p99 },
            { label: `new: ${labels[1]}`, colour: '--series-2', values: fresh.p99 },
          ]}
        />
      </div>
      {alarms.length > 0 && (
        <>
          <h3>Alarms that turn it back</h3>
          <ul class="plain-list">{alarms.map((alarm) => <AlarmState key={alarm.AlarmName} name={alarm.AlarmName} />)}</ul>
        </>
      )}
    </Card>
  );
}
