import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useStore } from '../store';
import { colour, themeChanges } from '../theme';

export interface Line {
  label: string;
  /** A CSS variable's name: "--series-1". */
  colour: string;
  values: (number | null)[];
  fill?: boolean;
}

export interface ChartProps {
  title: string;
  /** Seconds since the epoch, one for each value. */
  times: number[];
  lines: Line[];
  format: (value: number) => string;
  /** Said in place of an empty chart. */
  quiet?: string;
}

const kHeight = 168;
const kShortest = 60; // seconds that a chart shows, though there be fewer yet
const kSync = uPlot.sync('gyre');

/** "0.500" is "0.5" beside a grid line. */
function short(text: string): string {
  return text.replace(/(\.\d*?)0+(?=\D|$)/, (_, digits: string) => (digits === '.' ? '' : digits));
}

/** What the time axis shows: around one point alone it would reach for years. */
function span(times: number[]): { min: number; max: number } {
  const max = times.at(-1) ?? Date.now() / 1000;
  return { min: Math.min(times[0] ?? max, max - kShortest), max };
}

/** With the day where the marks are days apart, with seconds where they are close. */
function when(mark: number, marks: number[]): string {
  const date = new Date(mark * 1000);
  const apart = (marks[1] ?? mark) - (marks[0] ?? mark);
  const time = date.toTimeString().slice(0, apart < 60 ? 8 : 5);
  if (apart < 6 * 3600) return time;
  return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' }) + (apart < 86400 ? ` ${time}` : '');
}

function options(props: ChartProps, width: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: colour('--muted'),
    font: '11px "Inter Variable", sans-serif',
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height: kHeight,
    padding: [10, 8, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: kSync.key }, points: { size: 6 }, drag: { x: false, y: false }, y: false },
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.15 : 1] } },
    axes: [
      { ...axis, size: 26, space: 70, values: (_, marks) => marks.map((mark) => when(mark, marks)) },
      { ...axis, size: 58, space: 34, values: (_, marks) => marks.map((mark) => short(props.format(mark))) },
    ],
    series: [
      {},
      ...props.lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 1.5,
        ...(line.fill ? { fill: colour(line.colour) + '22' } : {}),
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

/** Lines over time, with the values under the pointer (or the latest) in the legend. */
export function Chart(props: ChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const theme = useStore(themeChanges);
  const labels = props.lines.map((line) => line.label).join('|');

  const tell = (index: number | null | undefined) => {
    const now = latest.current;
    now.lines.forEach((line, i) => {
      const value = line.values[index ?? line.values.length - 1];
      const target = legend.current?.querySelector(`[data-line="${i}"]`);
      if (target) target.textContent = value === null || value === undefined ? '–' : now.format(value);
    });
  };

  useEffect(() => {
    const element = host.current!;
    const made = new uPlot(
      { ...options(latest.current, element.clientWidth), hooks: { setCursor: [(u) => tell(u.cursor.idx)] } },
      [latest.current.times, ...latest.current.lines.map((line) => line.values)] as uPlot.AlignedData,
      element,
    );
    made.setScale('x', span(latest.current.times));
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: kHeight }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [labels, theme]);

  useEffect(() => {
    plot.current?.setData([props.times, ...props.lines.map((line) => line.values)] as uPlot.AlignedData);
    plot.current?.setScale('x', span(props.times));
    tell(plot.current?.cursor.idx);
  }, [props.times, props.lines]);

  const still = !props.lines.some((line) => line.values.some((value) => value !== null && value !== 0));
  return (
    <figure class="chart" aria-label={props.title}>
      <figcaption>
        <h3>{props.title}</h3>
        <div class="legend" ref={legend}>
          {props.lines.map((line, i) => (
            <span key={line.label} class="legend-item">
              <i style={{ background: `var(${line.colour})` }} />
              {line.label} <b data-line={i}>–</b>
            </span>
          ))}
        </div>
      </figcaption>
      <div class="plot" ref={host}>
        {still && props.quiet && <p class="chart-quiet">{props.quiet}</p>}
      </div>
    </figure>
  );
}
