import type { Edge, Node } from './graph';

// GraphSON 3, as far as a person reads it: numbers are numbers, elements are Node and Edge, and what has no
// form of its own in JSON is a text.

interface Typed {
  '@type': string;
  '@value': unknown;
}

function isTyped(value: unknown): value is Typed {
  return typeof value === 'object' && value !== null && '@type' in value;
}

type Fields = Record<string, unknown>;

function properties(value: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [key, one] of Object.entries((value ?? {}) as Fields)) {
    const values = Array.isArray(one) ? one.map(plain) : [plain(one)];
    found[key] = values.length === 1 ? values[0] : values;
  }
  return found;
}

function text(value: unknown): string {
  const read = plain(value);
  return typeof read === 'object' ? JSON.stringify(read) : String(read);
}

function pairs(list: unknown[]): Fields {
  const map: Fields = {};
  for (let i = 0; i + 1 < list.length; i += 2) map[text(list[i])] = plain(list[i + 1]);
  return map;
}

/** A value of GraphSON 3. */
export function plain(value: unknown): unknown {
  if (!isTyped(value)) return Array.isArray(value) ? value.map(plain) : value;
  const inside = value['@value'];
  const fields = (inside ?? {}) as Fields;
  switch (value['@type']) {
    case 'g:List':
    case 'g:Set':
      return (inside as unknown[]).map(plain);
    case 'g:BulkSet':
      return pairs(inside as unknown[]);
    case 'g:Map':
      return pairs(inside as unknown[]);
    case 'g:Vertex':
      return { kind: 'node', id: text(fields['id']), label: String(fields['label']), properties: properties(fields['properties']) } satisfies Node;
    case 'g:Edge':
      return {
        kind: 'edge',
        id: text(fields['id']),
        label: String(fields['label']),
        from: text(fields['outV']),
        to: text(fields['inV']),
        properties: properties(fields['properties']),
      } satisfies Edge;
    case 'g:VertexProperty':
      return plain(fields['value']);
    case 'g:Property':
      return plain(fields['value']);
    case 'g:Path':
      return plain(fields['objects']);
    case 'g:Date':
    case 'g:Timestamp':
      return new Date(inside as number).toISOString();
    default:
      return typeof inside === 'object' ? JSON.stringify(inside) : inside;
  }
}

/** The results in an answer of /gremlin. */
export function parseGraphson(body: string): unknown[] {
  const answer = JSON.parse(body) as { result: { data: unknown } };
  const results = plain(answer.result.data);
  return Array.isArray(results) ? results : [results];
}
