/** One class and what the model gave it. */
export interface Score {
  label: string;
  value: number;
}

const isNumber = (value: unknown): value is number => typeof value === 'number';

function fromArray(values: unknown, labels?: unknown): Score[] | null {
  if (!Array.isArray(values) || values.length < 2 || !values.every(isNumber)) return null;
  const names = Array.isArray(labels) && labels.length === values.length ? labels.map(String) : null;
  return values.map((value, i) => ({ label: names?.[i] ?? `class ${i}`, value }));
}

/**
 * A vector of class scores in what a model answered, or null. Known shapes: [0.1, …] (one row may be
 * wrapped in a list), {"predictions": […]}, {"scores"|"probabilities": […], "labels": […]},
 * {"label": score, …} and [{"label": …, "score": …}, …].
 */
export function scoresIn(answer: unknown): Score[] | null {
  if (Array.isArray(answer)) {
    if (answer.length === 1 && typeof answer[0] === 'object' && answer[0] !== null) return scoresIn(answer[0]);
    const pairs = answer.map((item: unknown) => {
      const pair = item as { label?: unknown; score?: unknown } | null;
      return pair && isNumber(pair.score) && pair.label !== undefined ? { label: String(pair.label), value: pair.score } : null;
    });
    if (answer.length > 0 && pairs.every((pair) => pair !== null)) return pairs;
    return fromArray(answer);
  }
  if (typeof answer !== 'object' || answer === null) return null;
  const object = answer as Record<string, unknown>;
  for (const name of ['predictions', 'outputs', 'output']) {
    if (Array.isArray(object[name])) return scoresIn(object[name]);
  }
  for (const name of ['probabilities', 'scores', 'logits']) {
    const found = fromArray(object[name], object['labels'] ?? object['classes']);
    if (found) return found;
  }
  const entries = Object.entries(object);
  if (entries.length >= 2 && entries.every(([, value]) => isNumber(value))) {
    return entries.map(([label, value]) => ({ label, value: value as number }));
  }
  return null;
}

export function top(scores: Score[], count: number): Score[] {
  return [...scores].sort((a, b) => b.value - a.value).slice(0, count);
}

/** True where the scores are shares of one. */
export function areShares(scores: Score[]): boolean {
  const sum = scores.reduce((total, score) => total + score.value, 0);
  return scores.every(({ value }) => value >= 0 && value <= 1.0001) && sum < 1.05;
}
