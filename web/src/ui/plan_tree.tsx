import { type PlanStep, share } from '../api/plan';
import { number } from '../format';

/** A plan drawn as a tree: steps below one another, what a step carries out itself to its right. */
export function PlanTree({ steps, label }: { steps: PlanStep[]; label?: string }) {
  return (
    <ol class="plan-tree" role="tree" aria-label={label}>
      {steps.map((one, i) => (
        <li key={i} role="treeitem">
          <div class="plan-step">
            <span class="plan-name">{one.name}</span>
            {one.detail && <span class="mono wrap plan-detail">{one.detail}</span>}
            {(one.out !== undefined || one.millis !== undefined) && (
              <span class="plan-measure">
                {one.out !== undefined && <span>{number(one.out)} out</span>}
                {one.millis !== undefined && <span>{one.millis.toFixed(3)} ms</span>}
                {one.millis !== undefined && <span class="plan-share"><span style={{ width: `${Math.round(share(steps, one) * 100)}%` }} /></span>}
              </span>
            )}
          </div>
          {one.inner.filter((plan) => plan.length > 0).map((plan, j) => <PlanTree key={j} steps={plan} />)}
        </li>
      ))}
    </ol>
  );
}
