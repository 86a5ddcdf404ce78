import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areShares, scoresIn, top } from './scores.ts';

test('class scores are found in the shapes that models answer with', () => {
  const two = [{ label: 'class 0', value: 0.25 }, { label: 'class 1', value: 0.75 }];
  assert.deepEqual(scoresIn([0.25, 0.75]), two);
  assert.deepEqual(scoresIn([[0.25, 0.75]]), two);
  assert.deepEqual(scoresIn({ predictions: [[0.25, 0.75]] }), two);
  const named = [{ label: 'cat', value: 0.9 }, { label: 'dog', value: 0.1 }];
  assert.deepEqual(scoresIn({ cat: 0.9, dog: 0.1 }), named);
  assert.deepEqual(scoresIn({ probabilities: [0.9, 0.1], labels: ['cat', 'dog'] }), named);
  assert.deepEqual(scoresIn([{ label: 'cat', score: 0.9 }, { label: 'dog', score: 0.1 }]), named);
});

test('what is no vector of scores is none', () => {
  for (const answer of ['text', 3, null, [], [1], [[1, 2], [3, 4]], {}, { a: 1 }, { a: 1, b: 'x' }]) {
    assert.equal(scoresIn(answer), null, JSON.stringify(answer));
  }
});

test('the best come first, and shares are told from other scores', () => {
  assert.deepEqual(top([{ label: 'a', value: 1 }, { label: 'b', value: 3 }, { label: 'c', value: 2 }], 2).map((s) => s.label), ['b', 'c']);
  assert.equal(areShares([{ label: 'a', value: 0.4 }, { label: 'b', value: 0.6 }]), true);
  assert.equal(areShares([{ label: 'a', value: 4 }, { label: 'b', value: 0.6 }]), false);
});
