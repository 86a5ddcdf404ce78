/** A step of a query's plan; each list of `inner` is a plan of its own that the step carries out. */
export interface PlanStep {
  name: string;
  detail: string;
  inner: PlanStep[][];
  /** What came out of it, and how long it took itself, where that was measured. */
  out?: number;
  millis?: number;
}

const kOpen = '([{';
const kClose = ')]}';

/** The parts of a list at its commas, those within brackets and quotes left alone. */
function parts(text: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let quote = '';
  let begin = 0;
  for (let i = 0; i < text.length; ++i) {
    const c = text[i] as string;
    if (quote) {
      if (c === '\\') ++i;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (kOpen.includes(c)) ++depth;
    else if (kClose.includes(c)) --depth;
    else if (c === ',' && depth === 0) {
      found.push(text.slice(begin, i).trim());
      begin = i + 1;
    }
  }
  const last = text.slice(begin).trim();
  return last || found.length > 0 ? [...found, last] : found;
}

const kStep = /^[A-Z]\w*Step\b/;

function isTraversal(text: string): boolean {
  return text.startsWith('[') && text.endsWith(']') && kStep.test(text.slice(1));
}

function step(text: string): PlanStep {
  const open = text.search(/[([@]/);
  if (open < 0) return { name: text, detail: '', inner: [] };
  const close = text[open] === '(' ? text.lastIndexOf(')') : -1;
  const inner: PlanStep[][] = [];
  const rest: string[] = [];
  for (const one of close > open ? parts(text.slice(open + 1, close)) : []) {
    // An argument may be a traversal, or name one: "until([…])".
    const begin = one.indexOf('[');
    const end = one.lastIndexOf(']');
    const list = begin >= 0 && end > begin ? one.slice(begin, end + 1) : '';
    if (isTraversal(list)) {
      inner.push(traversal(list));
      const around = `${one.slice(0, begin)}${one.slice(end + 1)}`.replace('()', '');
      if (around) rest.push(around);
    } else rest.push(one);
  }
  const behind = close > open ? text.slice(close + 1) : text.slice(open);
  return { name: text.slice(0, open), detail: [rest.join(', '), behind].filter(Boolean).join(' '), inner };
}

/** A traversal as explain() writes it: "[GraphStep(vertex,[]), RepeatStep([VertexStep(OUT,vertex)],…)]". */
export function traversal(text: string): PlanStep[] {
  const trimmed = text.trim();
  return parts(trimmed.startsWith('[') ? trimmed.slice(1, -1) : trimmed).map(step);
}

interface Metrics {
  name: string;
  dur: number;
  counts?: Record<string, number>;
  metrics?: Metrics[];
}

/** The measured steps of profile(). */
export function measured(metrics: Metrics[]): PlanStep[] {
  return metrics.map((one) => {
    const plan = step(one.name);
    const out = one.counts?.['elementCount'] ?? one.counts?.['traverserCount'];
    return {
      ...plan,
      inner: one.metrics && one.metrics.length > 0 ? [measured(one.metrics)] : plan.inner,
      ...(out === undefined ? {} : { out }),
      millis: one.dur,
    };
  });
}

/** The table of openCypher's explain: a step a line, each fed by the one above it. */
export function fromTable(text: string): PlanStep[] {
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  const [head, ...rows] = lines.map((line) => line.slice(1, -1).split(' | ').map((cell) => cell.trim()));
  const at = (row: string[], name: string) => row[(head ?? []).indexOf(name)];
  return rows.map((row) => {
    const out = at(row, 'Units Out');
    const millis = at(row, 'Time (ms)');
    const detail = at(row, 'Arguments') ?? '';
    return {
      name: at(row, 'Name') ?? '',
      detail: detail === '-' ? '' : detail,
      inner: [],
      ...(out === undefined ? {} : { out: Number(out) }),
      ...(millis === undefined ? {} : { millis: Number(millis) }),
    };
  });
}

/** How much of the whole time a step took, of those that were measured. */
export function share(steps: PlanStep[], one: PlanStep): number {
  const all = steps.reduce((sum, other) => sum + (other.millis ?? 0), 0);
  return all > 0 ? (one.millis ?? 0) / all : 0;
}
