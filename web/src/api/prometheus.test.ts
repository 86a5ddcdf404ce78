import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrometheus, quantile } from './prometheus.ts';

test('samples are read with their labels', () => {
  const text = `# HELP gyre_x what
# TYPE gyre_x counter
gyre_x{endpoint="a b\\"}",le="+Inf"} 12
gyre_y 1.5
other 3
`;
  assert.deepEqual(parsePrometheus(text, ['gyre_']), [
    { name: 'gyre_x', labels: { endpoint: 'a b"}', le: '+Inf' }, value: 12 },
    { name: 'gyre_y', labels: {}, value: 1.5 },
  ]);
});

test('quantiles lie within their bucket', () => {
  const buckets = [
    { bound: 1, count: 50 },
    { bound: 2, count: 100 },
    { bound: Infinity, count: 100 },
  ];
  assert.equal(quantile(0.5, buckets), 1);
  assert.equal(quantile(0.75, buckets), 1.5);
  assert.equal(quantile(0.25, buckets), 0.5);
  assert.equal(quantile(0.5, []), null);
  assert.equal(quantile(0.5, [{ bound: 1, count: 0 }, { bound: Infinity, count: 0 }]), null);
  assert.equal(quantile(0.9, [{ bound: 1, count: 1 }, { bound: Infinity, count: 10 }]), 1);
});
