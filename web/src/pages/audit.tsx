import { useMemo, useState } from 'preact/hooks';
import { ApiError } from '../api/call';
import { useEvents } from '../api/follow';
import { count, dateTime, timeOfDay } from '../format';
import { Badge, Empty, PageHead, Problem, Spinner } from '../ui/basics';
import { EventList } from '../ui/event_list';
import { useShortcut } from '../ui/keys';
import { EventControls, patternFor, useSettled } from './logs';

/** CloudWatch Logs' group that holds the decisions (docs/formats/audit_log.md). */
const kGroup = '/gyre/audit';

interface Decision {
  time: number;
  text: string;
  request?: string;
  source?: string;
  key?: string;
  caller?: string;
  action?: string;
  resource?: string;
  outcome?: string;
  policy?: string;
  statement?: string;
  reason?: string;
  repeated?: number;
  dropped?: number;
}

function decisionOf(time: number, text: string): Decision {
  try {
    const read = JSON.parse(text) as { time?: string };
    // Its own time: lines are written a moment later, some together.
    const own = Date.parse(read.time ?? '');
    return { ...read, time: Number.isNaN(own) ? time : own, text };
  } catch {
    return { time, text };
  }
}

function shortCaller(caller = ''): string {
  return caller.split(':').slice(5).join(':') || caller;
}

/** Words that only lines of that outcome hold, as a pattern. */
const kOutcomes: [string, string][] = [
  ['', 'All outcomes'],
  ['explicitDeny', 'Denied'],
  ['implicitDeny', 'Not allowed'],
  ['refused', 'Refused'],
];

export function AuditPage() {
  const [text, setText] = useState('');
  const [outcome, setOutcome] = useState('');
  const [span, setSpan] = useState(3600e3);
  const [follow, setFollow] = useState(true);
  const [began, setBegan] = useState(Date.now());
  const settled = useSettled(text);
  const events = useEvents({ group: kGroup, stream: '', pattern: `${outcome} ${patternFor(settled)}`.trim(), start: span ? began - span : 0 }, follow);
  useShortcut('r', 'Refresh', () => { setBegan(Date.now()); events.reload(); });
  const decisions = useMemo(
    () => events.events.map((event) => decisionOf(event.timestamp, event.message)).sort((a, b) => a.time - b.time),
    [events.events],
  );
  const none = events.error instanceof ApiError && events.error.missing;
  return (
    <div class="page full">
      <PageHead title="Audit" note="Every decision about a request, and the statement that decided it.">
        <EventControls text={text} onText={setText} placeholder="Caller, action, resource…" span={span} onSpan={(s) => { setBegan(Date.now()); setSpan(s); }} follow={follow} onFollow={setFollow}>
          <select aria-label="Outcome" value={outcome} onChange={(event) => setOutcome(event.currentTarget.value)}>
            {kOutcomes.map(([value, label]) => <option key={label} value={value}>{label}</option>)}
          </select>
        </EventControls>
      </PageHead>
      {events.error && !none && <Problem error={events.error} what="the audit" retry={events.reload} />}
      {(!events.error || none) && decisions.length === 0 && (events.loading && !none ? <Spinner /> : (
        <Empty title={settled || outcome ? 'No decision matches' : 'No decisions in this time'} icon="audit">
          <p>{follow ? 'New ones appear here as they come.' : 'Switch Follow on to see new ones as they come.'}</p>
        </Empty>
      ))}
      {decisions.length > 0 && (
        <>
          <EventList
            label="Decisions"
            items={decisions}
            head={
              <div class="event audit-line audit-head" aria-hidden="true">
                <span>Time</span><span>Outcome</span><span>Caller</span><span>Action</span><span>Resource</span><span>Statement</span>
              </div>
            }
            line={(d) => (
              <span class="audit-line">
                <time title={dateTime(d.time)}>{timeOfDay(d.time)}</time>
                <span><Badge status={d.outcome ?? '–'} /></span>
                <span title={d.caller ?? d.key ?? ''}>{shortCaller(d.caller) || d.key || '–'}</span>
                <span class="audit-action"><span>{d.action ?? (d.dropped ? `${d.dropped} lines were dropped` : '')}</span>{d.repeated ? <b title="So many more alike within a second">+{d.repeated}</b> : ''}</span>
                <span title={d.resource ?? ''}>{d.resource ?? d.reason ?? ''}</span>
                <span title={d.policy ?? ''}>{d.policy ? `${d.policy} ${d.statement ?? ''}` : (d.reason ?? '')}</span>
              </span>
            )}
            detail={(d) => (
              <>
                <p class="hint">{dateTime(d.time)}</p>
                <pre class="code">{JSON.stringify(JSON.parse(d.text.startsWith('{') ? d.text : JSON.stringify(d.text)), null, 2)}</pre>
              </>
            )}
          />
          <div class="table-foot">
            <span>{count(decisions.length, 'line')}{events.cut ? ', the newest' : ''}{events.loading ? ', loading…' : ''}</span>
            {follow && <span class="following">following</span>}
          </div>
        </>
      )}
    </div>
  );
}
