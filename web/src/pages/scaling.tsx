import { useLoaded } from '../api/pages';
import { type ScalingPolicy, scalingOf } from '../api/scaling';
import { ago, dateTime, number } from '../format';
import { Card } from '../ui/basics';

/** "100 of SageMakerVariantInvocationsPerInstance" */
function aim(policy: ScalingPolicy): string {
  const tracking = policy.TargetTrackingScalingPolicyConfiguration;
  if (!tracking) return policy.PolicyName;
  const metric = tracking.PredefinedMetricSpecification?.PredefinedMetricType ?? `${tracking.CustomizedMetricSpecification?.Statistic} ${tracking.CustomizedMetricSpecification?.MetricName}`;
  return `${number(tracking.TargetValue)} of ${metric}`;
}

/** How an endpoint's variants are scaled, and what came of it; nothing where they are not. */
export function Scaling({ name }: { name: string }) {
  const loaded = useLoaded(`scaling/${name}`, (signal) => scalingOf(name, signal), 5000);
  const s = loaded.value;
  if (!s || s.targets.length === 0) return null;
  return (
    <Card title="Scaling">
      <table class="small-table">
        <thead><tr><th>Variant</th><th class="right">Instances</th><th>Keeps</th></tr></thead>
        <tbody>
          {s.targets.map((target) => (
            <tr key={target.ResourceId}>
              <td>{target.ResourceId.split('/').pop()}</td>
              <td class="right number">{target.MinCapacity} – {target.MaxCapacity}</td>
              <td>{s.policies.filter((policy) => policy.ResourceId === target.ResourceId).map((policy) => <div key={policy.PolicyName} title={policy.PolicyName}>{aim(policy)}</div>)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {s.activities.slice(0, 5).map((activity) => (
        <p key={activity.ActivityId} class="hint">
          <span title={dateTime(activity.StartTime * 1000)}>{ago(activity.StartTime * 1000)}</span>: {activity.Description} {activity.Cause}.
        </p>
      ))}
    </Card>
  );
}
