import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { count } from '../format';
import { Button } from './basics';

export interface Column<T> {
  title: string;
  cell: (row: T) => ComponentChildren;
  /** What rows are sorted by; without it they are not. */
  sort?: (row: T) => string | number;
  /** Of CSS grid: "120px", "minmax(0, 2fr)". */
  width?: string;
  right?: boolean;
  /** Left out on a phone. */
  minor?: boolean;
}

export interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  /** Where a row leads; Enter and a click go there. */
  rowHref?: (row: T) => string | undefined;
  onOpen?: (row: T) => void;
  /** The Delete key. */
  onDelete?: (row: T) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: Set<string>) => void;
  /** What one row is called: "endpoint". */
  noun: string;
  loading?: boolean;
  more?: boolean;
  onMore?: () => void;
  empty?: ComponentChildren;
  rowHeight?: number;
}

const kBeyond = 8; // rows drawn above and below what is seen

/**
 * A list of any length: only the rows in sight are in the document. The list takes the focus as one
 * stop; arrows, Home, End and Page keys move in it, Enter opens, Space selects,
 * Delete asks whether to delete.
 */
export function Table<T>(props: TableProps<T>) {
  const { rows, columns, rowKey, selected, onSelect } = props;
  const height = props.rowHeight ?? 36;
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState(0);
  const [order, setOrder] = useState<{ column: number; down: boolean } | null>(null);

  const sorted = useMemo(() => {
    const by = order && columns[order.column]?.sort;
    if (!by) return rows;
    const sign = order.down ? -1 : 1;
    return [...rows].sort((a, b) => {
      const x = by(a);
      const y = by(b);
      return (x < y ? -1 : x > y ? 1 : 0) * sign;
    });
  }, [rows, order]);

  useEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const read = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    read();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, [rows.length === 0]);

  useEffect(() => {
    if (active >= rows.length) setActive(Math.max(0, rows.length - 1));
  }, [rows.length]);

  const show = (index: number) => {
    const element = scroller.current!;
    const top = index * height;
    const inner = element.clientHeight - height; // the head stays on top
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + height > element.scrollTop + inner) element.scrollTop = top + height - inner;
  };

  const open = (row: T) => {
    const address = props.rowHref?.(row);
    if (address) location.hash = address;
    else props.onOpen?.(row);
  };

  const toggle = (row: T) => {
    if (!onSelect || !selected) return;
    const next = new Set(selected);
    const key = rowKey(row);
    if (!next.delete(key)) next.add(key);
    onSelect(next);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(view.height / height) - 2);
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: sorted.length - 1,
    };
    const to = moves[event.key];
    const row = sorted[active];
    if (to !== undefined) {
      const index = Math.min(Math.max(to, 0), sorted.length - 1);
      setActive(index);
      show(index);
    } else if (event.key === 'Enter' && row && event.target === event.currentTarget) {
      open(row);
    } else if (event.key === 'Delete' && row && props.onDelete) {
      props.onDelete(row);
    } else if (event.key === ' ' && row && onSelect) {
      toggle(row);
    } else {
      return;
    }
    event.preventDefault();
  };

  const template = (onSelect ? '36px ' : '') + columns.map((c) => c.width ?? 'minmax(0, 1fr)').join(' ');
  const narrow = (onSelect ? '36px ' : '') + columns.filter((c) => !c.minor).map((c) => c.width ?? 'minmax(0, 1fr)').join(' ');
  const from = Math.max(0, Math.floor(view.top / height) - kBeyond);
  const to = Math.min(sorted.length, Math.ceil((view.top + view.height) / height) + kBeyond);
  const all = selected && rows.length > 0 && selected.size === rows.length;
  const id = `table-${props.noun.replace(/\W/g, '-')}`;

  if (rows.length === 0 && !props.loading && props.empty) return <>{props.empty}</>;
  return (
    <div class="table" style={{ '--columns': template, '--columns-narrow': narrow, '--row': `${height}px` }}>
      <div
        ref={scroller}
        class="table-scroll"
        role="grid"
        aria-label={props.label}
        aria-rowcount={props.more || props.loading ? -1 : sorted.length + 1}
        aria-multiselectable={onSelect ? true : undefined}
        aria-activedescendant={sorted.length ? `${id}-${active}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <div class="row head" role="row" aria-rowindex={1}>
          {onSelect && (
            <span class="cell check" role="columnheader">
              <input
                type="checkbox"
                tabIndex={-1}
                aria-label="Select all"
                checked={!!all}
                onChange={() => onSelect(all ? new Set() : new Set(rows.map(rowKey)))}
              />
            </span>
          )}
          {columns.map((column, i) => (
            <span
              key={i}
              class={`cell ${column.right ? 'right' : ''} ${column.minor ? 'minor' : ''}`}
              role="columnheader"
              aria-sort={order?.column === i ? (order.down ? 'descending' : 'ascending') : undefined}
            >
              {column.sort ? (
                <button
                  type="button"
                  class={`sort ${order?.column === i ? (order.down ? 'down' : 'up') : ''}`}
                  onClick={() => setOrder(order?.column !== i ? { column: i, down: false } : order.down ? null : { column: i, down: true })}
                >
                  {column.title}
                </button>
              ) : (
                column.title
              )}
            </span>
          ))}
        </div>
        <div class="rows" role="presentation" style={{ height: `${sorted.length * height}px` }}>
          {sorted.slice(from, to).map((row, offset) => {
            const index = from + offset;
            const key = rowKey(row);
            const address = props.rowHref?.(row);
            return (
              <div
                key={key}
                id={`${id}-${index}`}
                class={`row ${index === active ? 'active' : ''} ${selected?.has(key) ? 'selected' : ''} ${address || props.onOpen ? 'opens' : ''}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={selected ? selected.has(key) : undefined}
                style={{ top: `${index * height}px` }}
                onClick={(event) => {
                  setActive(index);
                  if ((event.target as HTMLElement).closest('a, button, input')) return;
                  if (getSelection()?.toString()) return;
                  open(row);
                }}
              >
                {onSelect && (
                  <span class="cell check" role="gridcell">
                    <input type="checkbox" tabIndex={-1} aria-label={`Select ${key}`} checked={selected!.has(key)} onChange={() => toggle(row)} />
                  </span>
                )}
                {columns.map((column, i) => (
                  <span key={i} role="gridcell" class={`cell ${column.right ? 'right' : ''} ${column.minor ? 'minor' : ''}`}>
                    {i === 0 && address ? <a href={address} tabIndex={-1}>{column.cell(row)}</a> : column.cell(row)}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
      <div class="table-foot">
        <span>
          {count(rows.length, props.noun)}
          {props.loading ? ', loading…' : props.more ? ' so far' : ''}
        </span>
        {selected && selected.size > 0 && <span>{selected.size.toLocaleString('en-US')} selected</span>}
        {props.more && <Button kind="plain" onClick={props.onMore}>Load more</Button>}
      </div>
    </div>
  );
}
