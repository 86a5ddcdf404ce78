import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromTable, measured, share, traversal } from './plan.ts';

test('a traversal is a list of steps, some with traversals of their own', () => {
  const steps = traversal("[GraphStep(vertex,[]), HasStep([name.eq('a, b')]), RepeatStep([VertexStep(OUT,[knows],vertex), IdentityStep],until([HasStep([~label.eq(x)])]),emit(false)), CountGlobalStep]");
  assert.deepEqual(steps.map((one) => one.name), ['GraphStep', 'HasStep', 'RepeatStep', 'CountGlobalStep']);
  assert.equal(steps[0]?.detail, 'vertex, []');
  assert.equal(steps[1]?.detail, "[name.eq('a, b')]");
  assert.deepEqual(steps[2]?.inner.map((plan) => plan.map((one) => one.name)), [['VertexStep', 'IdentityStep'], ['HasStep']]);
  assert.equal(steps[2]?.detail, 'until, emit(false)');
  assert.deepEqual(traversal('[]'), []);
});

test('measured steps have counts and times', () => {
  const steps = measured([
    { name: 'GraphStep(vertex,[])', dur: 3, counts: { traverserCount: 2, elementCount: 4 } },
    { name: 'TraversalFilterStep([VertexStep(OUT,edge)])', dur: 1, metrics: [{ name: 'VertexStep(OUT,edge)', dur: 0.5, counts: { elementCount: 1 } }] },
  ]);
  assert.equal(steps[0]?.out, 4);
  assert.equal(share(steps, steps[0]!), 0.75);
  assert.equal(steps[1]?.inner[0]?.[0]?.millis, 0.5);
});

test("openCypher's table gives a step a line", () => {
  const text = 'Query:\nMATCH (n)\n\n+--\n| ID | Out #1 | Name       | Arguments | Units In | Units Out | Ratio | Time (ms) |\n+--\n' +
    '| 0  | 1      | Match      | ((#0))    | 1        | 6         | 6.00  | 0.120     |\n| 1  | -      | Projection | -         | 6        | 6         | 1.00  | 0.040     |\n+--\n';
  assert.deepEqual(fromTable(text), [
    { name: 'Match', detail: '((#0))', inner: [], out: 6, millis: 0.12 },
    { name: 'Projection', detail: '', inner: [], out: 6, millis: 0.04 },
  ]);
});
