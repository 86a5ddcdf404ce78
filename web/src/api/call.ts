import { session, sessionEnded } from './session';
import { parseXml, textOf } from './xml';

/** What an API answered instead of doing what was asked. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    readonly requestId = '',
  ) {
    super(message);
  }
  get denied(): boolean {
    return this.status === 403 || /^AccessDenied/.test(this.code); // 400 in the JSON protocols
  }
  get missing(): boolean {
    return this.status === 404 || this.status === 501 || /not exist|NotFound/.test(this.code);
  }
}

const kApi = '/-/api/';

/** The path of an API's own path, for links, pictures and uploads. */
export function apiPath(service: string, path: string): string {
  return kApi + service + path;
}

export function tokenHeaders(): Record<string, string> {
  return { 'X-Gyre-Token': session.get()?.token ?? '' };
}

function unquoted(code: string): string {
  return code.split('#').pop()!.split(':')[0]!;
}

/** The error in an answer, whichever protocol it speaks. */
export function errorFrom(status: number, body: string, headers: (name: string) => string | null): ApiError {
  const id = headers('x-amzn-requestid') ?? headers('x-amz-request-id') ?? '';
  if (body.startsWith('<')) {
    const root = parseXml(body);
    return new ApiError(textOf(root, 'Code') || `${status}`, textOf(root, 'Message') || `The server answered ${status}.`, status, id);
  }
  try {
    const json = JSON.parse(body) as Record<string, unknown>;
    const code = String(json['__type'] ?? json['Code'] ?? json['code'] ?? headers('x-amzn-errortype') ?? status);
    const text = String(json['message'] ?? json['Message'] ?? json['OriginalMessage'] ?? json['detailedMessage'] ?? `The server answered ${status}.`);
    return new ApiError(unquoted(code), text, status, id);
  } catch {
    return new ApiError(`${status}`, body.slice(0, 400) || `The server answered ${status}.`, status, id);
  }
}

/** Sends a call as who is signed in. Throws ApiError for anything but 2xx. */
export async function send(service: string, path: string, init: RequestInit = {}): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(apiPath(service, path), {
      ...init,
      headers: { ...(init.headers as Record<string, string>), ...tokenHeaders() },
    });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError('Unreachable', 'The server cannot be reached. Is gyre serve running?', 0);
  }
  if (answer.ok) return answer;
  const body = await answer.text();
  const error = errorFrom(answer.status, body, (name) => answer.headers.get(name));
  if (answer.status === 401) sessionEnded(error.message);
  throw error;
}

async function target<T>(service: string, prefix: string, operation: string, input: object, signal?: AbortSignal): Promise<T> {
  const answer = await send(service, '/', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `${prefix}.${operation}` },
    body: JSON.stringify(input),
    signal: signal ?? null,
  });
  const text = await answer.text();
  return (text ? JSON.parse(text) : {}) as T;
}

export function sagemaker<T>(operation: string, input: object = {}, signal?: AbortSignal): Promise<T> {
  return target<T>('sagemaker', 'SageMaker', operation, input, signal);
}

export function scaling<T>(operation: string, input: object = {}, signal?: AbortSignal): Promise<T> {
  return target<T>('application-autoscaling', 'AnyScaleFrontendService', operation, input, signal);
}

export function logs<T>(operation: string, input: object = {}, signal?: AbortSignal): Promise<T> {
  return target<T>('logs', 'Logs_20140328', operation, input, signal);
}

/** A call of IAM or STS; lists are given as arrays. The root of the answer's XML. */
export async function query(service: 'iam' | 'sts', action: string, input: Record<string, string | string[]> = {}, signal?: AbortSignal): Promise<Element> {
  const form = new URLSearchParams({
    Action: action,
    Version: service === 'iam' ? '2010-05-08' : '2011-06-15',
  });
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === 'string') form.set(name, value);
    else value.forEach((item, i) => form.set(`${name}.member.${i + 1}`, item));
  }
  const answer = await send(service, '/', { method: 'POST', body: form, signal: signal ?? null });
  return parseXml(await answer.text());
}
