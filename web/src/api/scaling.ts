import { scaling } from './call';

export interface ScalableTarget {
  ResourceId: string;
  MinCapacity: number;
  MaxCapacity: number;
}

export interface ScalingPolicy {
  PolicyName: string;
  ResourceId: string;
  TargetTrackingScalingPolicyConfiguration?: {
    TargetValue: number;
    PredefinedMetricSpecification?: { PredefinedMetricType: string };
    CustomizedMetricSpecification?: { MetricName: string; Statistic: string };
  };
}

export interface ScalingActivity {
  ActivityId: string;
  ResourceId: string;
  Description: string;
  Cause: string;
  StartTime: number;
}

export interface EndpointScaling {
  targets: ScalableTarget[];
  policies: ScalingPolicy[];
  activities: ScalingActivity[];
}

/** How the variants of an endpoint are scaled; all lists are empty where they are not. */
export async function scalingOf(endpoint: string, signal?: AbortSignal): Promise<EndpointScaling> {
  const input = { ServiceNamespace: 'sagemaker' };
  const mine = (item: { ResourceId: string }) => item.ResourceId.startsWith(`endpoint/${endpoint}/`);
  const [targets, policies, activities] = await Promise.all([
    scaling<{ ScalableTargets: ScalableTarget[] }>('DescribeScalableTargets', input, signal),
    scaling<{ ScalingPolicies: ScalingPolicy[] }>('DescribeScalingPolicies', input, signal),
    scaling<{ ScalingActivities: ScalingActivity[] }>('DescribeScalingActivities', input, signal),
  ]);
  return {
    targets: targets.ScalableTargets.filter(mine),
    policies: policies.ScalingPolicies.filter(mine),
    activities: activities.ScalingActivities.filter(mine),
  };
}
