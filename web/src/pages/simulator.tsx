import { useEffect, useRef, useState } from 'preact/hooks';
import { findMatched, listPrincipals, simulate, type Verdict } from '../api/iam';
import { useLoaded } from '../api/pages';
import { href, routeQuery } from '../route';
import { Badge, Button, Card, Empty, Field, PageHead, Problem } from '../ui/basics';

const kActions = [
  's3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucket', 's3:ListAllMyBuckets', 's3:CreateBucket',
  'sagemaker:InvokeEndpoint', 'sagemaker:CreateEndpoint', 'sagemaker:DeleteEndpoint', 'sagemaker:ListEndpoints', 'sagemaker:CreateModel',
  'iam:CreateUser', 'iam:PassRole', 'sts:AssumeRole', 'logs:FilterLogEvents', 'logs:GetLogEvents', 'cloudwatch:GetMetricData',
];

function lines(text: string): string[] {
  return text.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);
}

/** The document indented, and where its part from `from` to `to` is then. */
function pretty(raw: string, from: number, to: number): { text: string; from: number; to: number } {
  try {
    const text = JSON.stringify(JSON.parse(raw), null, 2);
    if (to <= from) return { text, from: 0, to: 0 };
    const statement = JSON.stringify(JSON.parse(raw.slice(from, to)), null, 2);
    for (const indent of ['    ', '  ']) {
      const part = statement.replace(/\n/g, `\n${indent}`);
      const at = text.indexOf(part);
      if (at >= 0) return { text, from: at, to: at + part.length };
    }
  } catch {
    // Not what JSON.stringify would have written: it is shown as it is.
  }
  return { text: raw, from, to };
}

/** The policy's text with the statement that decided marked, where the server says where it stands. */
function Deciding({ arn, matched }: { arn: string; matched: Verdict['matched'][number] }) {
  const document = useLoaded(`deciding/${arn}/${matched.policy}`, (signal) => findMatched(arn, matched.policy, signal));
  const code = useRef<HTMLPreElement>(null);
  useEffect(() => {
    const mark = code.current?.querySelector('mark');
    if (mark) code.current!.scrollTop = mark.offsetTop - code.current!.offsetTop - 40; // a long policy opens where it decided
  }, [document.value]);
  if (document.error) return <Problem error={document.error} what="the policy" />;
  if (!document.value) return <p class="hint mono">{matched.policy}</p>;
  const { text: raw, kind, principal } = document.value;
  const offset = (line: number, column: number) => raw.split('\n').slice(0, line - 1).reduce((sum, l) => sum + l.length + 1, 0) + column - 1;
  const from = matched.line ? offset(matched.line, matched.column) : 0;
  const to = matched.line ? offset(matched.endLine, matched.endColumn) : 0;
  const { text, from: begin, to: end } = pretty(raw, from, to);
  return (
    <>
      <p class="hint">
        Decided by {matched.line ? 'the marked statement of' : ''} policy <b>{document.value.policy}</b> of <a href={href(`${kind}s`, principal)}>{principal}</a>
      </p>
      {end > begin ? (
        <pre class="code" ref={code}>{text.slice(0, begin)}<mark>{text.slice(begin, end)}</mark>{text.slice(end)}</pre>
      ) : (
        <pre class="code">{text}</pre>
      )}
    </>
  );
}

export function SimulatorPage() {
  const [arn, setArn] = useState(routeQuery().get('principal') ?? '');
  const [actions, setActions] = useState('s3:GetObject');
  const [resources, setResources] = useState('');
  const [context, setContext] = useState('');
  const [verdicts, setVerdicts] = useState<{ arn: string; results: Verdict[] } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const principals = useLoaded('simulator/principals', async (signal) => {
    const lists = await Promise.all((['user', 'group', 'role'] as const).map((kind) => listPrincipals(kind, undefined, signal)));
    return lists.flatMap((list) => list.items);
  });
  const run = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const entries = lines(context).map((line) => {
        const at = line.indexOf('=');
        if (at < 1) throw new Error(`"${line}" is no pair: write aws:SourceIp=10.0.0.1`);
        return { key: line.slice(0, at).trim(), value: line.slice(at + 1).trim() };
      });
      setVerdicts({ arn, results: await simulate(arn, lines(actions), lines(resources), entries) });
    } catch (problem) {
      setVerdicts(null);
      setError(problem as Error);
    }
    setBusy(false);
  };
  return (
    <div class="page">
      <PageHead title="Policy simulator" note="Asks what the policies of a user, group or role say of a request, without making it." />
      <div class="columns narrow-left">
        <Card>
          <form class="form" onSubmit={run}>
            <Field label="User, group or role">
              <input class="mono" list="principals" required value={arn} placeholder="arn:aws:iam::…:user/ann" spellcheck={false} onInput={(event) => setArn(event.currentTarget.value)} />
            </Field>
            <datalist id="principals">
              {principals.value?.map((p) => <option key={p.arn} value={p.arn}>{p.name}</option>)}
            </datalist>
            <Field label="Actions" hint="One a line, or separated by commas.">
              <textarea class="mono" rows={3} required value={actions} spellcheck={false} onInput={(event) => setActions(event.currentTarget.value)} />
            </Field>
            <div class="chips" aria-label="Suggestions">
              {kActions.slice(0, 9).map((action) => (
                <button key={action} type="button" class="chip" onClick={() => setActions(lines(actions).includes(action) ? actions : [...lines(actions), action].join('\n'))}>{action}</button>
              ))}
            </div>
            <Field label="Resources" hint="ARNs; empty means any (*).">
              <textarea class="mono" rows={2} value={resources} placeholder="arn:aws:s3:::bucket/key" spellcheck={false} onInput={(event) => setResources(event.currentTarget.value)} />
            </Field>
            <Field label="Context keys" hint="Of conditions, one a line: aws:SourceIp=10.0.0.1">
              <textarea class="mono" rows={2} value={context} spellcheck={false} onInput={(event) => setContext(event.currentTarget.value)} />
            </Field>
            {principals.error && <p class="hint">They cannot be listed ({principals.error.message}); an ARN can be typed.</p>}
            <Button kind="main" type="submit" icon="play" disabled={busy}>{busy ? 'Asking…' : 'Simulate'}</Button>
          </form>
        </Card>
        <div class="stack" aria-live="polite">
          {error && <Problem error={error} what="a verdict" />}
          {!error && !verdicts && (
            <Empty title="No verdict yet" icon="simulator">
              <p>Name who asks and for what; the statement that decides is shown here.</p>
            </Empty>
          )}
          {verdicts?.results.map((v) => (
            <Card key={v.action + v.resource} class="verdict">
              <div class="verdict-head">
                <Badge status={v.decision} />
                <b class="mono">{v.action}</b>
                <span class="mono faint wrap">{v.resource}</span>
              </div>
              {v.matched.map((matched, i) => <Deciding key={i} arn={verdicts.arn} matched={matched} />)}
              {v.matched.length === 0 && <p class="hint">No statement of any policy allows it, and what nobody allows is denied.</p>}
              {v.missing.length > 0 && <p class="hint">Conditions looked at keys that were not given: <span class="mono">{v.missing.join(', ')}</span></p>}
            </Card>
          ))}
        </div>
      </div>
    </div>
  );
}
