import { logs } from './call';
import type { Page } from './pages';

export interface Group {
  logGroupName: string;
  creationTime: number;
  storedBytes: number;
}

export interface Stream {
  logStreamName: string;
  lastEventTimestamp?: number;
}

export interface Event {
  eventId: string;
  timestamp: number;
  message: string;
  logStreamName: string;
}

export async function listGroups(token?: string, signal?: AbortSignal): Promise<Page<Group>> {
  const page = await logs<{ logGroups: Group[]; nextToken?: string }>('DescribeLogGroups', { limit: 50, ...(token ? { nextToken: token } : {}) }, signal);
  return { items: page.logGroups, next: page.nextToken };
}

export async function listStreams(group: string, signal?: AbortSignal): Promise<Stream[]> {
  const page = await logs<{ logStreams: Stream[] }>('DescribeLogStreams', { logGroupName: group, orderBy: 'LastEventTime', descending: true, limit: 50 }, signal);
  return page.logStreams;
}

export interface EventQuery {
  group: string;
  pattern: string;
  stream: string;
  start: number; // milliseconds since the epoch
}

export async function filterEvents(query: EventQuery, token?: string, signal?: AbortSignal): Promise<{ events: Event[]; next: string | undefined }> {
  const page = await logs<{ events: Event[]; nextToken?: string }>(
    'FilterLogEvents',
    {
      logGroupName: query.group,
      startTime: query.start,
      limit: 10000,
      ...(query.pattern ? { filterPattern: query.pattern } : {}),
      ...(query.stream ? { logStreamNames: [query.stream] } : {}),
      ...(token ? { nextToken: token } : {}),
    },
    signal,
  );
  return { events: page.events, next: page.nextToken };
}
