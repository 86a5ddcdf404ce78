import { type Page } from './pages';
import { sagemaker } from './call';

export interface EndpointSummary {
  EndpointName: string;
  EndpointStatus: string;
  CreationTime: number;
  LastModifiedTime: number;
}

export interface Variant {
  VariantName: string;
  CurrentWeight?: number;
  DesiredWeight?: number;
  CurrentInstanceCount?: number;
  DesiredInstanceCount?: number;
  /** The hosts' names, which metrics and logs are labelled with. */
  Instances?: string[];
}

/** A deployment on its way, and how much of the traffic it has. */
export interface Pending {
  EndpointConfigName: string;
  TrafficShare?: number;
  ProductionVariants?: Variant[];
}

export interface Endpoint extends EndpointSummary {
  EndpointArn: string;
  EndpointConfigName: string;
  FailureReason?: string;
  ProductionVariants?: Variant[];
  ShadowProductionVariants?: Variant[];
  PendingDeploymentSummary?: Pending;
  LastDeploymentConfig?: { AutoRollbackConfiguration?: { Alarms?: { AlarmName: string }[] } };
}

export interface ConfiguredVariant {
  VariantName: string;
  ModelName: string;
  InitialInstanceCount?: number;
  InitialVariantWeight?: number;
}

export interface Container {
  Image?: string;
  ModelDataUrl?: string;
  Mode?: string;
  ContainerHostname?: string;
  Environment?: Record<string, string>;
}

export interface ModelSummary {
  ModelName: string;
  ModelArn: string;
  CreationTime: number;
}

export interface Model extends ModelSummary {
  PrimaryContainer?: Container;
  Containers?: Container[];
  ExecutionRoleArn?: string;
}

function more(token?: string): object {
  return { MaxResults: 100, ...(token ? { NextToken: token } : {}) };
}

export async function listEndpoints(token?: string, signal?: AbortSignal): Promise<Page<EndpointSummary>> {
  const page = await sagemaker<{ Endpoints: EndpointSummary[]; NextToken?: string }>('ListEndpoints', more(token), signal);
  return { items: page.Endpoints, next: page.NextToken };
}

export async function listModels(token?: string, signal?: AbortSignal): Promise<Page<ModelSummary>> {
  const page = await sagemaker<{ Models: ModelSummary[]; NextToken?: string }>('ListModels', more(token), signal);
  return { items: page.Models, next: page.NextToken };
}

export function describeEndpoint(name: string, signal?: AbortSignal): Promise<Endpoint> {
  return sagemaker('DescribeEndpoint', { EndpointName: name }, signal);
}

export function describeConfig(name: string, signal?: AbortSignal): Promise<{ ProductionVariants: ConfiguredVariant[]; ShadowProductionVariants?: ConfiguredVariant[] }> {
  return sagemaker('DescribeEndpointConfig', { EndpointConfigName: name }, signal);
}

export function describeModel(name: string, signal?: AbortSignal): Promise<Model> {
  return sagemaker('DescribeModel', { ModelName: name }, signal);
}

/** A variant that runs a model. */
export interface ModelUse {
  endpoint: string;
  variant: string;
  shadow: boolean;
  config: string;
  instances: number;
}

/** The variants that run the model, of the hundred endpoints that were changed last. */
export async function usesOf(model: string, signal?: AbortSignal): Promise<ModelUse[]> {
  const page = await listEndpoints(undefined, signal);
  const uses = await Promise.all(
    page.items.map(async ({ EndpointName: endpoint }) => {
      const { EndpointConfigName: config, ProductionVariants = [], ShadowProductionVariants = [] } = await describeEndpoint(endpoint, signal);
      const configured = await describeConfig(config, signal).catch(() => null); // it may be deleted
      const running = [...ProductionVariants, ...ShadowProductionVariants];
      const shadows = configured?.ShadowProductionVariants ?? [];
      return [...(configured?.ProductionVariants ?? []), ...shadows]
        .filter((variant) => variant.ModelName === model)
        .map((variant) => ({
          endpoint,
          variant: variant.VariantName,
          shadow: shadows.includes(variant),
          config,
          instances: running.find((one) => one.VariantName === variant.VariantName)?.CurrentInstanceCount ?? 0,
        }));
    }),
  );
  return uses.flat();
}

export function deleteEndpoint(name: string): Promise<unknown> {
  return sagemaker('DeleteEndpoint', { EndpointName: name });
}

export function deleteModel(name: string): Promise<unknown> {
  return sagemaker('DeleteModel', { ModelName: name });
}

/** CloudWatch Logs' group of an endpoint, as SageMaker names it. */
export function logGroupOf(endpoint: string): string {
  return `/aws/sagemaker/Endpoints/${endpoint}`;
}
