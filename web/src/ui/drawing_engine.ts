import { MultiDirectedGraph } from 'graphology';
import forceAtlas2 from 'graphology-layout-forceatlas2';
import Sigma from 'sigma';
import type { Edge, Node } from '../api/graph';

// Apart from the page, which fetches it when a graph is first drawn.

export interface Colours {
  /** Of labels, in the order in which they come; then from the first on. */
  series: string[];
  text: string;
  edge: string;
  missing: string;
}

const kRounds = 300; // of the layout: by then it moves little
const kFrameMs = 12;
const kLabelledEdges = 150;
const kBoldEdges = 500;
const kNamedNodes = 200; // of more, only large ones and those that are near have their names

/** What to call a node: the property that names things most often, or its id. */
function caption(node: Node): string {
  for (const key of ['name', 'title', 'label']) {
    const value = node.properties[key];
    if (typeof value === 'string' && value) return value;
  }
  return node.id;
}

function build(nodes: readonly Node[], edges: readonly Edge[], colours: Colours): MultiDirectedGraph {
  const graph = new MultiDirectedGraph();
  const labels = new Map<string, string>();
  const place = () => {
    const i = graph.order; // a sunflower's seeds: apart, and the same each time
    return { x: Math.sqrt(i + 1) * Math.cos(i * 2.4), y: Math.sqrt(i + 1) * Math.sin(i * 2.4) };
  };
  for (const node of nodes) {
    if (graph.hasNode(node.id)) continue;
    let color = labels.get(node.label);
    if (color === undefined) labels.set(node.label, (color = colours.series[labels.size % colours.series.length]!));
    graph.addNode(node.id, { ...place(), size: 4, color, label: caption(node) });
  }
  for (const edge of edges) {
    for (const end of [edge.from, edge.to]) {
      if (!graph.hasNode(end)) graph.addNode(end, { ...place(), size: 3, color: colours.missing, label: end });
    }
    if (!graph.hasEdge(edge.id)) graph.addDirectedEdgeWithKey(edge.id, edge.from, edge.to, { label: edge.label, size: edges.length <= kBoldEdges ? 2 : 1, color: colours.edge, type: 'arrow' });
  }
  graph.forEachNode((id) => graph.setNodeAttribute(id, 'size', Math.min(14, 4 + Math.sqrt(graph.degree(id)))));
  return graph;
}

/** Draws in `element` until `stop` is called; `pick` is told the id of a node or edge that is clicked. */
export function draw(element: HTMLElement, nodes: readonly Node[], edges: readonly Edge[], colours: Colours, pick: (id: string | null) => void): { stop: () => void } {
  const graph = build(nodes, edges, colours);
  const sigma = new Sigma(graph, element, {
    allowInvalidContainer: true,
    enableEdgeEvents: edges.length <= 2000,
    renderEdgeLabels: edges.length <= kLabelledEdges,
    labelColor: { color: colours.text },
    edgeLabelColor: { color: colours.text },
    labelFont: 'Inter Variable, sans-serif',
    edgeLabelFont: 'Inter Variable, sans-serif',
    labelSize: 12,
    labelRenderedSizeThreshold: graph.order <= kNamedNodes ? 0 : 6,
    edgeLabelSize: 11,
    hideEdgesOnMove: edges.length > 20_000,
    zIndex: false,
  });
  sigma.on('clickNode', ({ node }) => pick(node));
  sigma.on('clickEdge', ({ edge }) => pick(edge));
  sigma.on('clickStage', () => pick(null));
  const settings = { ...forceAtlas2.inferSettings(graph), barnesHutOptimize: graph.order > 500 };
  let frame = 0;
  let rounds = 0;
  const settle = () => {
    const until = performance.now() + kFrameMs;
    do {
      forceAtlas2.assign(graph, { iterations: 1, settings });
      ++rounds;
    } while (rounds < kRounds && performance.now() < until);
    if (rounds < kRounds) frame = requestAnimationFrame(settle);
  };
  if (graph.order > 1) frame = requestAnimationFrame(settle);
  return {
    stop: () => {
      cancelAnimationFrame(frame);
      sigma.kill();
    },
  };
}
