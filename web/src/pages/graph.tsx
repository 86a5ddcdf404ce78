import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ask, type Answer, type Edge, edgesBetween, explain, isElement, type Language, loads, type Node, summary } from '../api/graph';
import { useLoaded } from '../api/pages';
import { ago, count, number } from '../format';
import { Badge, Button, Card, Empty, Facts, Field, PageHead, Problem, Spinner } from '../ui/basics';
import { Drawing } from '../ui/drawing';
import { useShortcut } from '../ui/keys';
import { PlanTree } from '../ui/plan_tree';
import { Table } from '../ui/table';

const kLanguages: Record<Language, { label: string; first: string; one: (label: string) => string }> = {
  gremlin: { label: 'Gremlin', first: 'g.V().limit(100)', one: (label) => `g.V().hasLabel('${label.replace(/['\\]/g, '\\$&')}').limit(100)` },
  openCypher: { label: 'openCypher', first: 'MATCH (n)-[r]->(m) RETURN n, r, m LIMIT 100', one: (label) => `MATCH (n:\`${label.replace(/`/g, '``')}\`) RETURN n LIMIT 100` },
  sparql: { label: 'SPARQL', first: 'SELECT * WHERE { ?s ?p ?o } LIMIT 100', one: (label) => `SELECT * WHERE { ?s a ?class FILTER(STRENDS(STR(?class), "${label.replace(/["\\]/g, '\\$&')}")) } LIMIT 100` },
};
const kViews = ['Table', 'Graph', 'JSON', 'Plan'] as const;
type View = (typeof kViews)[number];
const kDrawn = 10_000;
const kJoined = 2000; // nodes whose edges are looked for

/** What stands in the page, so that it is there when one comes back. */
const kept: { language: Language; text: Record<Language, string>; view: View } = {
  language: 'gremlin',
  text: { gremlin: kLanguages.gremlin.first, openCypher: kLanguages.openCypher.first, sparql: kLanguages.sparql.first },
  view: 'Table',
};

function elements(answer: Answer): { nodes: Node[]; edges: Edge[] } {
  const nodes = new Map<string, Node>();
  const edges = new Map<string, Edge>();
  const look = (value: unknown) => {
    if (isElement(value)) {
      if (value.kind === 'node') nodes.set(value.id, value);
      else edges.set(value.id, value);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(look);
  };
  answer.rows.forEach(look);
  return { nodes: [...nodes.values()].slice(0, kDrawn), edges: [...edges.values()].slice(0, kDrawn) };
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (isElement(value)) return value.kind === 'node' ? `(${value.id}:${value.label})` : `(${value.from})-[${value.label}]->(${value.to})`;
  if (Array.isArray(value)) return `[${value.map(shown).join(', ')}]`;
  if (typeof value === 'object') return `{${Object.entries(value).map(([key, one]) => `${key}: ${shown(one)}`).join(', ')}}`;
  return String(value);
}

function Picked({ element }: { element: Node | Edge }) {
  const facts: [string, string][] = [['Id', element.id], ['Label', element.label]];
  if (element.kind === 'edge') facts.push(['From', element.from], ['To', element.to]);
  for (const [key, value] of Object.entries(element.properties)) facts.push([key, shown(value)]);
  return (
    <Card title={element.kind === 'node' ? 'Node' : 'Edge'} class="picked">
      <Facts facts={facts.map(([name, value]) => [name, <span class="mono wrap">{value}</span>])} />
    </Card>
  );
}

function Drawn({ answer }: { answer: Answer }) {
  const found = useMemo(() => elements(answer), [answer]);
  const joins = found.edges.length === 0 && found.nodes.length > 1 && found.nodes.length <= kJoined;
  const joined = useLoaded(joins ? `graph-edges/${answer.took}` : 'graph-edges', (signal) => (joins ? edgesBetween(found.nodes.map((node) => node.id), kDrawn, signal) : Promise.resolve([])));
  const edges = useMemo(() => (joins ? (joined.value ?? []) : found.edges), [found, joins, joined.value]);
  const [picked, setPicked] = useState<string | null>(null);
  if (found.nodes.length + found.edges.length === 0) {
    return (
      <Empty title="There is nothing to draw" icon="graph">
        <p>Nodes, edges and paths are drawn; this result has none.</p>
      </Empty>
    );
  }
  if (joins && !joined.value && !joined.error) return <Spinner />;
  const element = picked === null ? undefined : (found.nodes.find((node) => node.id === picked) ?? edges.find((edge) => edge.id === picked));
  return (
    <div class="drawn">
      <Drawing nodes={found.nodes} edges={edges} onPick={setPicked} />
      {element && <Picked element={element} />}
    </div>
  );
}

function Rows({ answer }: { answer: Answer }) {
  const rows = useMemo(() => answer.rows.map((row, i) => ({ row, key: String(i) })), [answer]);
  return (
    <Table<{ row: Record<string, unknown>; key: string }>
      label="Results"
      noun="row"
      rows={rows}
      rowKey={(one) => one.key}
      empty={<Empty title="No result" icon="search"><p>The query was carried out and gave nothing.</p></Empty>}
      columns={answer.columns.map((column) => ({
        title: column,
        width: 'minmax(120px, 1fr)',
        cell: ({ row }) => <span class="mono" title={shown(row[column])}>{shown(row[column])}</span>,
        sort: ({ row }) => (typeof row[column] === 'number' ? row[column] : shown(row[column])),
      }))}
    />
  );
}

function Plan({ language, query }: { language: Language; query: string }) {
  const [really, setReally] = useState(false);
  const [asText, setAsText] = useState(false);
  const plan = useLoaded(`graph-plan/${language}/${really}/${query}`, (signal) => explain(language, query, really, signal));
  return (
    <div class="stack">
      <div class="chips">
        <button type="button" class="chip" aria-pressed={!really} onClick={() => setReally(false)}>As planned</button>
        <button type="button" class="chip" aria-pressed={really} onClick={() => setReally(true)}>Carried out, with times</button>
        <button type="button" class="chip" aria-pressed={asText} onClick={() => setAsText(!asText)}>As text</button>
      </div>
      {plan.error && <Problem error={plan.error} what="the plan" />}
      {!plan.value && !plan.error && <Spinner />}
      {plan.value && (asText || plan.value.steps.length === 0) && <pre class="code tall" aria-label="Plan">{plan.value.text}</pre>}
      {plan.value && !asText && plan.value.steps.length > 0 && <div class="plan"><PlanTree steps={plan.value.steps} label="Plan" /></div>}
    </div>
  );
}

function Schema({ onAsk }: { onAsk: (label: string) => void }) {
  const made = useLoaded('graph-summary', summary);
  if (made.error) return <Problem error={made.error} what="what the graph is made of" retry={made.reload} />;
  if (!made.value) return <Spinner />;
  const graph = made.value;
  const properties = (list: [string, number][]) => (list.length === 0 ? '–' : list.map(([key, n]) => <div key={key} class="mono">{key} <span class="faint">{number(n)}</span></div>));
  return (
    <Card title="Schema" aside={<Button kind="plain" icon="refresh" aria-label="Count again" onClick={made.reload} />}>
      <Facts
        facts={[
          ['Nodes', number(graph.nodes)],
          ['Edges', number(graph.edges)],
          ['Labels', graph.nodeLabels.length === 0 ? '–' : <div class="chips">{graph.nodeLabels.map((label) => <button key={label} type="button" class="chip" onClick={() => onAsk(label)}>{label}</button>)}</div>],
          ['Edge labels', graph.edgeLabels.length === 0 ? '–' : <span class="mono wrap">{graph.edgeLabels.join(', ')}</span>],
          ['Properties', properties(graph.nodeProperties)],
          ['Of edges', properties(graph.edgeProperties)],
        ]}
      />
    </Card>
  );
}

function Loads() {
  const list = useLoaded('graph-loads', loads, 3000);
  if (list.error && !list.value) return <Problem error={list.error} what="the loads" retry={list.reload} />;
  if (!list.value || list.value.length === 0) return null;
  return (
    <Card title="Bulk loads">
      {list.value.slice(0, 10).map((load) => (
        <div key={load.id} class="load">
          <Badge status={load.status.replace('LOAD_', '')} />
          <span class="mono wrap">{load.source}</span>
          <span class="hint">
            {count(load.records, 'record')}, {count(load.errors, 'error')}, {number(load.seconds)} s, {ago(load.started * 1000)}
          </span>
        </div>
      ))}
    </Card>
  );
}

export function GraphPage() {
  const [language, setLanguage] = useState(kept.language);
  const [texts, setTexts] = useState(kept.text);
  const [view, setView] = useState(kept.view);
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [asked, setAsked] = useState<{ language: Language; query: string } | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const running = useRef<AbortController | null>(null);
  const [busy, setBusy] = useState(false);
  Object.assign(kept, { language, text: texts, view });
  useEffect(() => () => running.current?.abort(), []);

  const run = async (query = texts[language]) => {
    running.current?.abort();
    const controller = (running.current = new AbortController());
    setBusy(true);
    setError(null);
    setAsked({ language, query });
    try {
      const found = await ask(language, query, controller.signal);
      if (controller.signal.aborted) return;
      setAnswer(found);
    } catch (problem) {
      if (controller.signal.aborted) return;
      setAnswer(null);
      setError(problem as Error);
    }
    setBusy(false);
  };
  const stop = () => {
    running.current?.abort();
    setBusy(false);
  };
  useShortcut('Ctrl+Enter', 'Run the query, from its text', () => void run());

  const write = (text: string) => setTexts({ ...texts, [language]: text });
  return (
    <div class="page full graph-page">
      <PageHead title="Graph" note="Asks the property graph, and the RDF beside it, as who is signed in." />
      <div class="graph-columns">
        <div class="graph-main">
          <form class="query" onSubmit={(event) => { event.preventDefault(); void run(); }}>
            <Field label="Query">
              <textarea
                class="mono" rows={4} spellcheck={false} value={texts[language]}
                onInput={(event) => write(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                    event.preventDefault();
                    void run();
                  }
                }}
              />
            </Field>
            <div class="query-actions">
              <select aria-label="Language" value={language} onChange={(event) => setLanguage(event.currentTarget.value as Language)}>
                {Object.entries(kLanguages).map(([key, one]) => <option key={key} value={key}>{one.label}</option>)}
              </select>
              <Button kind="main" type="submit" icon="play" disabled={busy} title="Run (Ctrl+Enter)">{busy ? 'Running…' : 'Run'}</Button>
              {busy && <Button icon="close" onClick={stop}>Stop</Button>}
              <span class="hint" role="status">{answer && !busy ? `${count(answer.rows.length, 'row')} in ${number(Math.round(answer.took))} ms` : ''}</span>
              <div class="chips views" role="group" aria-label="Show as">
                {kViews.map((one) => <button key={one} type="button" class="chip" aria-pressed={view === one} onClick={() => setView(one)}>{one}</button>)}
              </div>
            </div>
          </form>
          <div class="graph-result" aria-live="polite">
            {error && view !== 'Plan' && <Problem error={error} what="an answer" />}
            {!answer && !error && !busy && (
              <Empty title="Nothing asked yet" icon="graph">
                <p>Write a query and run it; a label on the right writes one.</p>
              </Empty>
            )}
            {view === 'Plan' && asked && <Plan language={asked.language} query={asked.query} />}
            {answer && view === 'Table' && <Rows answer={answer} />}
            {answer && view === 'Graph' && <Drawn answer={answer} />}
            {answer && view === 'JSON' && <pre class="code tall" aria-label="Answer">{pretty(answer.text)}</pre>}
          </div>
        </div>
        <aside class="graph-side" aria-label="About the graph">
          <Schema onAsk={(label) => { const query = kLanguages[language].one(label); write(query); void run(query); }} />
          <Loads />
        </aside>
      </div>
    </div>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
