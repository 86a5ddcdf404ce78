import { useEffect, useRef, useState } from 'preact/hooks';
import type { Edge, Node } from '../api/graph';
import { count } from '../format';
import { useStore } from '../store';
import { colour, themeChanges } from '../theme';
import { Spinner } from './basics';

/** A graph that can be moved and zoomed; a click tells of a node or an edge. */
export function Drawing(props: { nodes: readonly Node[]; edges: readonly Edge[]; onPick: (id: string | null) => void }) {
  const { nodes, edges } = props;
  const host = useRef<HTMLDivElement>(null);
  const pick = useRef(props.onPick);
  pick.current = props.onPick;
  const theme = useStore(themeChanges);
  const [state, setState] = useState<'loading' | 'drawn' | string>('loading');
  useEffect(() => {
    let drawn: { stop: () => void } | undefined;
    let gone = false;
    import('./drawing_engine').then(({ draw }) => {
      if (gone || !host.current) return;
      const colours = {
        series: ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'].map(colour).filter(Boolean),
        text: colour('--text'),
        edge: colour('--line-strong') || colour('--line'),
        missing: colour('--muted'),
      };
      drawn = draw(host.current, nodes, edges, colours, (id) => pick.current(id));
      setState('drawn');
    }).catch((error: unknown) => setState(`It cannot be drawn here: ${(error as Error).message}`));
    return () => {
      gone = true;
      drawn?.stop();
    };
  }, [nodes, edges, theme]);
  return (
    <div class="drawing">
      {state === 'loading' && <Spinner />}
      {state !== 'loading' && state !== 'drawn' && <p class="hint">{state}</p>}
      <div class="drawing-canvas" ref={host} role="img" aria-label={`A drawing of ${count(nodes.length, 'node')} and ${count(edges.length, 'edge')}`} />
    </div>
  );
}
