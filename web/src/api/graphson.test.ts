import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGraphson, plain } from './graphson.ts';

const long = (n: number) => ({ '@type': 'g:Int64', '@value': n });

test('elements, maps and paths of GraphSON 3 are read', () => {
  const vertex = { '@type': 'g:Vertex', '@value': { id: long(1), label: 'person', properties: { name: [{ '@type': 'g:VertexProperty', '@value': { id: long(0), value: 'marko', label: 'name' } }] } } };
  const edge = { '@type': 'g:Edge', '@value': { id: long(7), label: 'knows', inV: long(2), outV: long(1), properties: { weight: { '@type': 'g:Property', '@value': { key: 'weight', value: { '@type': 'g:Double', '@value': 0.5 } } } } } };
  assert.deepEqual(plain(vertex), { kind: 'node', id: '1', label: 'person', properties: { name: 'marko' } });
  assert.deepEqual(plain(edge), { kind: 'edge', id: '7', label: 'knows', from: '1', to: '2', properties: { weight: 0.5 } });
  assert.deepEqual(plain({ '@type': 'g:Map', '@value': ['a', long(1), { '@type': 'g:T', '@value': 'id' }, 'x'] }), { a: 1, id: 'x' });
  assert.deepEqual(plain({ '@type': 'g:Path', '@value': { labels: [], objects: { '@type': 'g:List', '@value': [vertex] } } }), [plain(vertex)]);
});

test('an answer gives its results', () => {
  const body = JSON.stringify({ result: { data: { '@type': 'g:List', '@value': [long(3), 'x'] }, meta: {} } });
  assert.deepEqual(parseGraphson(body), [3, 'x']);
});
