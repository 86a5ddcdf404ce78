import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useEvents } from '../api/follow';
import { listGroups, listStreams } from '../api/logs';
import { useLoaded, usePages } from '../api/pages';
import { ago, bytes, count, dateTime, timeOfDay } from '../format';
import { href } from '../route';
import { Button, Empty, PageHead, Problem, Search, Spinner } from '../ui/basics';
import { EventList } from '../ui/event_list';
import { useShortcut } from '../ui/keys';
import { Table } from '../ui/table';

export function LogsPage() {
  const list = usePages('groups', listGroups);
  const [filter, setFilter] = useState('');
  useShortcut('r', 'Refresh', list.reload);
  const rows = useMemo(() => list.items.filter((g) => g.logGroupName.toLowerCase().includes(filter.toLowerCase())), [list.items, filter]);
  return (
    <div class="page full">
      <PageHead title="Logs">
        <Search label="Filter log groups" placeholder="Group" value={filter} onInput={setFilter} />
        <Button icon="refresh" onClick={list.reload} aria-label="Refresh" title="Refresh (r)" />
      </PageHead>
      {list.error && <Problem error={list.error} what="the log groups" retry={list.reload} />}
      {!(list.error && list.items.length === 0) && (
        <Table
          label="Log groups"
          noun="group"
          rows={rows}
          rowKey={(g) => g.logGroupName}
          rowHref={(g) => href('logs', g.logGroupName)}
          loading={list.loading}
          more={list.more}
          onMore={list.loadMore}
          empty={
            filter ? (
              <Empty title="No group matches" icon="search"><Button onClick={() => setFilter('')}>Show all</Button></Empty>
            ) : (
              <Empty title="No logs yet" icon="logs"><p>What models and their handlers print comes here, a group for each endpoint, from the moment it is deployed.</p></Empty>
            )
          }
          columns={[
            { title: 'Group', width: 'minmax(0, 3fr)', cell: (g) => <span class="mono">{g.logGroupName}</span>, sort: (g) => g.logGroupName },
            { title: 'Stored', width: '110px', right: true, cell: (g) => <span class="number">{bytes(g.storedBytes)}</span>, sort: (g) => g.storedBytes },
            { title: 'First seen', width: '130px', minor: true, cell: (g) => <span title={dateTime(g.creationTime)}>{ago(g.creationTime)}</span>, sort: (g) => g.creationTime },
          ]}
        />
      )}
    </div>
  );
}

const kTimes: [string, number][] = [
  ['Last 15 minutes', 15 * 60e3],
  ['Last hour', 3600e3],
  ['Last day', 86400e3],
  ['Last week', 7 * 86400e3],
  ['All', 0],
];

/** A pattern, where it starts, and whether new lines are shown as they come. */
export function EventControls(props: {
  text: string;
  onText: (text: string) => void;
  placeholder: string;
  span: number;
  onSpan: (span: number) => void;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  children?: ComponentChildren;
}) {
  useShortcut('f', 'Follow', () => props.onFollow(!props.follow));
  return (
    <>
      <Search label="Search" placeholder={props.placeholder} value={props.text} onInput={props.onText} />
      {props.children}
      <select aria-label="Time" value={String(props.span)} onChange={(event) => props.onSpan(Number(event.currentTarget.value))}>
        {kTimes.map(([label, span]) => <option key={span} value={String(span)}>{label}</option>)}
      </select>
      <label class="switch" title="Follow (f)">
        <input type="checkbox" checked={props.follow} onChange={(event) => props.onFollow(event.currentTarget.checked)} />
        <span>Follow</span>
      </label>
    </>
  );
}

/** The text as it is when nothing was typed for a moment. */
export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** A pattern of CloudWatch Logs for what a person typed: words as they are, else a phrase. */
export function patternFor(text: string): string {
  const trimmed = text.trim();
  if (!trimmed || /^[[{"%?-]/.test(trimmed)) return trimmed;
  return trimmed.split(/\s+/).map((word) => (/^[\w]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

export function LogGroupPage({ group }: { group: string }) {
  const [text, setText] = useState('');
  const [stream, setStream] = useState('');
  const [span, setSpan] = useState(86400e3);
  const [follow, setFollow] = useState(true);
  const [began, setBegan] = useState(Date.now());
  const streams = useLoaded(`streams/${group}`, (signal) => listStreams(group, signal), 10_000);
  const settled = useSettled(text);
  const events = useEvents({ group, stream, pattern: patternFor(settled), start: span ? began - span : 0 }, follow);
  useShortcut('r', 'Refresh', () => { setBegan(Date.now()); events.reload(); });
  const many = (streams.value?.length ?? 0) > 1;
  return (
    <div class="page full">
      <PageHead title={group} mono trail={[{ label: 'Logs', href: href('logs') }]}>
        <EventControls text={text} onText={setText} placeholder="Words, or a filter pattern" span={span} onSpan={(s) => { setBegan(Date.now()); setSpan(s); }} follow={follow} onFollow={setFollow}>
          <select aria-label="Stream" value={stream} onChange={(event) => setStream(event.currentTarget.value)}>
            <option value="">All streams</option>
            {streams.value?.map((s) => <option key={s.logStreamName} value={s.logStreamName}>{s.logStreamName}</option>)}
          </select>
        </EventControls>
      </PageHead>
      {events.error && <Problem error={events.error} what="the log" retry={events.reload} />}
      {!events.error && events.events.length === 0 && (events.loading ? <Spinner /> : (
        <Empty title={settled ? 'No line matches' : 'No lines in this time'} icon="logs">
          <p>{follow ? 'New ones appear here as they come.' : 'Switch Follow on to see new ones as they come.'}</p>
          {span !== 0 && <Button onClick={() => setSpan(0)}>Look at all times</Button>}
        </Empty>
      ))}
      {events.events.length > 0 && (
        <>
          <EventList
            label={`Log lines of ${group}`}
            items={events.events}
            line={(event) => (
              <>
                <time title={dateTime(event.timestamp)}>{timeOfDay(event.timestamp)}</time>
                {many && !stream && <span class="event-stream" title={event.logStreamName}>{event.logStreamName.split('/').pop()}</span>}
                <span class="event-text">{event.message.trimEnd().replace(/\s*\n\s*/g, ' ↵ ')}</span>
              </>
            )}
            detail={(event) => (
              <>
                <p class="hint">{dateTime(event.timestamp)} · <span class="mono">{event.logStreamName}</span></p>
                <pre class="code">{event.message}</pre>
              </>
            )}
          />
          <div class="table-foot">
            <span>{count(events.events.length, 'line')}{events.cut ? ', the newest' : ''}{events.loading ? ', loading…' : ''}</span>
            {follow && <span class="following">following</span>}
          </div>
        </>
      )}
    </div>
  );
}
