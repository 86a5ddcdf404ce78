import { sagemaker } from './call';
import { type Page } from './pages';

export interface TransformSummary {
  TransformJobName: string;
  TransformJobStatus: string;
  CreationTime: number;
  TransformEndTime?: number;
  FailureReason?: string;
}

/** How far a job is: Gyre's own member of DescribeTransformJob. */
export interface Progress {
  Objects: number;
  ObjectsDone: number;
  ObjectsFailed: number;
  Bytes: number;
  BytesDone: number;
  RecordsDone: number;
  BytesPerSecond: number;
  RecordsPerSecond: number;
  SecondsLeft?: number;
}

export interface TransformJob extends TransformSummary {
  TransformJobArn: string;
  ModelName: string;
  TransformStartTime?: number;
  TransformInput: { DataSource: { S3DataSource: { S3DataType: string; S3Uri: string } }; ContentType?: string; SplitType?: string; CompressionType?: string };
  TransformOutput: { S3OutputPath: string; Accept?: string; AssembleWith?: string };
  TransformResources: { InstanceType: string; InstanceCount: number };
  BatchStrategy?: string;
  MaxConcurrentTransforms?: number;
  MaxPayloadInMB?: number;
  DataProcessing?: { InputFilter?: string; OutputFilter?: string; JoinSource?: string };
  Progress?: Progress;
}

export const kTransformLogs = '/aws/sagemaker/TransformJobs';

export async function listTransformJobs(token?: string, signal?: AbortSignal): Promise<Page<TransformSummary>> {
  const page = await sagemaker<{ TransformJobSummaries: TransformSummary[]; NextToken?: string }>('ListTransformJobs', { MaxResults: 100, ...(token ? { NextToken: token } : {}) }, signal);
  return { items: page.TransformJobSummaries, next: page.NextToken };
}

export function describeTransformJob(name: string, signal?: AbortSignal): Promise<TransformJob> {
  return sagemaker('DescribeTransformJob', { TransformJobName: name }, signal);
}

export function stopTransformJob(name: string): Promise<unknown> {
  return sagemaker('StopTransformJob', { TransformJobName: name });
}
