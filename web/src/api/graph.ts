import { send } from './call';
import { parseGraphson } from './graphson';
import { fromTable, measured, type PlanStep, traversal } from './plan';

/** The languages that a query may be written in. */
export type Language = 'gremlin' | 'openCypher' | 'sparql';

export interface Node {
  kind: 'node';
  id: string;
  label: string;
  properties: Record<string, unknown>;
}
export interface Edge {
  kind: 'edge';
  id: string;
  label: string;
  from: string;
  to: string;
  properties: Record<string, unknown>;
}

/** What a query answered: each row has a value for some of the columns. */
export interface Answer {
  columns: string[];
  rows: Record<string, unknown>[];
  /** As the server wrote it. */
  text: string;
  took: number;
}

export function isElement(value: unknown): value is Node | Edge {
  return typeof value === 'object' && value !== null && 'kind' in value && 'label' in value && 'properties' in value;
}

const kGraph = 'neptune-db';
const kForm = { 'Content-Type': 'application/x-www-form-urlencoded' };

async function gremlin(query: string, bindings: object, signal?: AbortSignal): Promise<string> {
  const answer = await send(kGraph, '/gremlin', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/vnd.gremlin-v3.0+json' },
    body: JSON.stringify({ gremlin: query, bindings }),
    signal: signal ?? null,
  });
  return answer.text();
}

/** Nodes and relationships as openCypher's HTTP answers have them, at any depth. */
function fromCypher(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromCypher);
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Record<string, unknown>;
  const properties = object['~properties'] as Record<string, unknown>;
  if (object['~entityType'] === 'node') {
    return { kind: 'node', id: String(object['~id']), label: (object['~labels'] as string[]).join('::'), properties } satisfies Node;
  }
  if (object['~entityType'] === 'relationship') {
    return { kind: 'edge', id: String(object['~id']), label: String(object['~type']), from: String(object['~start']), to: String(object['~end']), properties } satisfies Edge;
  }
  return Object.fromEntries(Object.entries(object).map(([key, one]) => [key, fromCypher(one)]));
}

/** Results that are all maps make a table of their keys; others stand in one column. */
function tabled(results: unknown[]): { columns: string[]; rows: Record<string, unknown>[] } {
  const maps = results.length > 0 && results.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one) && !isElement(one));
  if (!maps) return { columns: ['result'], rows: results.map((result) => ({ result })) };
  const rows = results as Record<string, unknown>[];
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows };
}

interface Term {
  type: string;
  value: string;
  datatype?: string;
  'xml:lang'?: string;
}

const kXsd = 'http://www.w3.org/2001/XMLSchema#';
const kNumbers = new Set(['integer', 'decimal', 'double', 'float', 'int', 'long', 'short', 'byte'].map((one) => kXsd + one));

/** A term as people read it; numbers as such, so that they sort. */
function fromTerm(term: Term): string | number {
  if (term.type === 'uri') return `<${term.value}>`;
  if (term.type === 'bnode') return `_:${term.value}`;
  if (term['xml:lang']) return `${term.value}@${term['xml:lang']}`;
  const number = Number(term.value);
  return term.datatype && kNumbers.has(term.datatype) && Number.isFinite(number) ? number : term.value;
}

/** SELECT's and ASK's results are JSON, CONSTRUCT's and DESCRIBE's a line for each triple, what an update did is a list. */
function fromSparql(text: string): { columns: string[]; rows: Record<string, unknown>[] } {
  if (text.startsWith('[')) return tabled(JSON.parse(text) as unknown[]);
  if (!text.startsWith('{')) {
    const rows = [...text.matchAll(/^(\S+) (\S+) (.*) \.$/gm)].map(([, subject, predicate, object]) => ({ subject, predicate, object }));
    return { columns: ['subject', 'predicate', 'object'], rows };
  }
  const answer = JSON.parse(text) as { boolean?: boolean; head: { vars: string[] }; results: { bindings: Record<string, Term>[] } };
  if (answer.boolean !== undefined) return { columns: ['answer'], rows: [{ answer: answer.boolean }] };
  const rows = answer.results.bindings.map((row) => Object.fromEntries(Object.entries(row).map(([name, term]) => [name, fromTerm(term)])));
  return { columns: answer.head.vars, rows };
}

/** An update begins with one of these words, after its prefixes and comments. */
const kUpdate = /^(?:\s*(?:#.*(?:\n|$)|PREFIX\s+\S*\s*<[^>]*>|BASE\s*<[^>]*>))*\s*(?:INSERT|DELETE|WITH|LOAD|CLEAR|CREATE|DROP|COPY|MOVE|ADD)\b/i;

async function sparql(query: string, more: Record<string, string>, signal?: AbortSignal): Promise<string> {
  const answer = await send(kGraph, '/sparql', {
    method: 'POST',
    headers: { ...kForm, Accept: 'application/sparql-results+json, application/n-triples;q=0.9' },
    body: new URLSearchParams({ [kUpdate.test(query) ? 'update' : 'query']: query, ...more }).toString(),
    signal: signal ?? null,
  });
  return answer.text();
}

export async function ask(language: Language, query: string, signal?: AbortSignal): Promise<Answer> {
  const began = performance.now();
  if (language === 'gremlin') {
    const text = await gremlin(query, {}, signal);
    return { ...tabled(parseGraphson(text)), text, took: performance.now() - began };
  }
  if (language === 'sparql') {
    const text = await sparql(query, {}, signal);
    return { ...fromSparql(text), text, took: performance.now() - began };
  }
  const answer = await send(kGraph, '/opencypher', { method: 'POST', headers: kForm, body: new URLSearchParams({ query }).toString(), signal: signal ?? null });
  const text = await answer.text();
  const { results } = JSON.parse(text) as { results: Record<string, unknown>[] };
  const rows = results.map((row) => fromCypher(row) as Record<string, unknown>);
  return { columns: [...new Set(rows.flatMap((row) => Object.keys(row)))], rows, text, took: performance.now() - began };
}

/** How a query is carried out: as steps, and as the server writes it. */
export interface Explained {
  steps: PlanStep[];
  text: string;
}

/** `really`: it is carried out, and each step is timed. */
export async function explain(language: Language, query: string, really: boolean, signal?: AbortSignal): Promise<Explained> {
  if (language === 'sparql') return { steps: [], text: await sparql(query, { explain: really ? 'dynamic' : 'static' }, signal) };
  if (language === 'openCypher') {
    const answer = await send(kGraph, '/opencypher', {
      method: 'POST', headers: kForm, body: new URLSearchParams({ query, explain: really ? 'details' : 'static' }).toString(), signal: signal ?? null,
    });
    const text = await answer.text();
    return { steps: fromTable(text), text };
  }
  const asked = async (accept: string) => {
    const answer = await send(kGraph, really ? '/gremlin/profile' : '/gremlin/explain', {
      method: 'POST', headers: { 'Content-Type': 'application/json', Accept: accept }, body: JSON.stringify({ gremlin: query }), signal: signal ?? null,
    });
    return answer.text();
  };
  const json = JSON.parse(await asked('application/json')) as { final: string; metrics?: { metrics?: Parameters<typeof measured>[0] } };
  const steps = json.metrics?.metrics ? measured(json.metrics.metrics) : traversal(json.final);
  return { steps, text: really ? JSON.stringify(json, null, 2) : await asked('text/plain') };
}

/** The edges from one of these vertices to another of them, at most `limit`. */
export async function edgesBetween(ids: string[], limit: number, signal?: AbortSignal): Promise<Edge[]> {
  const text = await gremlin('g.V(ids).outE().where(inV().hasId(within(ids))).dedup().limit(most)', { ids, most: limit }, signal);
  return parseGraphson(text).filter((one): one is Edge => isElement(one) && one.kind === 'edge');
}

export interface Summary {
  nodes: number;
  edges: number;
  nodeLabels: string[];
  edgeLabels: string[];
  nodeProperties: [string, number][];
  edgeProperties: [string, number][];
}

/** What the graph is made of, as the server last counted it. */
export async function summary(signal?: AbortSignal): Promise<Summary> {
  const answer = await send(kGraph, '/propertygraph/statistics/summary?mode=basic', { signal: signal ?? null });
  const graph = ((await answer.json()) as { payload: { graphSummary: Record<string, unknown> } }).payload.graphSummary;
  const counts = (list: unknown) => (list as Record<string, number>[]).flatMap((one) => Object.entries(one));
  return {
    nodes: graph['numNodes'] as number,
    edges: graph['numEdges'] as number,
    nodeLabels: graph['nodeLabels'] as string[],
    edgeLabels: graph['edgeLabels'] as string[],
    nodeProperties: counts(graph['nodeProperties']),
    edgeProperties: counts(graph['edgeProperties']),
  };
}

export interface Load {
  id: string;
  source: string;
  status: string;
  records: number;
  errors: number;
  seconds: number;
  started: number;
}

/** Bulk loads that the server knows, the newest first. */
export async function loads(signal?: AbortSignal): Promise<Load[]> {
  const list = (await (await send(kGraph, '/loader?limit=100', { signal: signal ?? null })).json()) as { payload: { loadIds: string[] } };
  const each = list.payload.loadIds.map(async (id): Promise<Load> => {
    const answer = await send(kGraph, `/loader/${encodeURIComponent(id)}`, { signal: signal ?? null });
    const { overallStatus: of } = ((await answer.json()) as { payload: { overallStatus: Record<string, number | string> } }).payload;
    return {
      id,
      source: String(of['fullUri']),
      status: String(of['status']),
      records: Number(of['totalRecords']),
      errors: Number(of['parsingErrors']) + Number(of['datatypeMismatchErrors']) + Number(of['insertErrors']),
      seconds: Number(of['totalTimeSpent']),
      started: Number(of['startTime']),
    };
  });
  return (await Promise.all(each)).sort((a, b) => b.started - a.started);
}
