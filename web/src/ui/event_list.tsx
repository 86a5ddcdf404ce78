import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

const kLine = 24;
const kBeyond = 20;

/**
 * Lines in the order they came, of any number, the newest below. It stays at the end while it is there
 * and new ones come. Up and Down move, Enter shows a line whole.
 */
export function EventList<T>(props: { label: string; items: readonly T[]; line: (item: T) => ComponentChildren; detail: (item: T) => ComponentChildren; wide?: boolean; head?: ComponentChildren }) {
  const { items } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState(-1);
  const [open, setOpen] = useState<T | null>(null);

  useEffect(() => {
    const element = scroller.current!;
    const read = () => {
      atEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - kLine;
      setView({ top: element.scrollTop, height: element.clientHeight });
    };
    const observer = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
      read();
    });
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, []);

  useEffect(() => {
    const element = scroller.current!;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
  }, [items]);

  const from = Math.max(0, Math.floor(view.top / kLine) - kBeyond);
  const to = Math.min(items.length, Math.ceil((view.top + view.height) / kLine) + kBeyond);

  const onKeyDown = (event: KeyboardEvent) => {
    const page = Math.floor(view.height / kLine) - 2;
    const now = active < 0 ? items.length : active;
    const moves: Record<string, number> = { ArrowDown: now + 1, ArrowUp: now - 1, PageDown: now + page, PageUp: now - page, Home: 0, End: items.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) {
      const index = Math.min(Math.max(to, 0), items.length - 1);
      setActive(index);
      const element = scroller.current!;
      const top = index * kLine;
      if (top < element.scrollTop) element.scrollTop = top;
      else if (top + 2 * kLine > element.scrollTop + element.clientHeight) element.scrollTop = top + 2 * kLine - element.clientHeight;
    } else if (event.key === 'Enter' && items[active]) {
      setOpen(items[active]!);
    } else if (event.key === 'Escape' && open) {
      setOpen(null);
    } else {
      return;
    }
    event.preventDefault();
  };

  return (
    <div class={`events ${props.wide ? 'wide' : ''}`}>
      {props.head}
      <div ref={scroller} class="events-scroll" role="listbox" tabIndex={0} aria-label={props.label} aria-activedescendant={active >= 0 ? `event-${active}` : undefined} onKeyDown={onKeyDown}>
        <div class="events-lines" style={{ height: `${items.length * kLine}px` }}>
          {items.slice(from, to).map((item, offset) => {
            const index = from + offset;
            return (
              <div
                key={index}
                id={`event-${index}`}
                class={`event ${index === active ? 'active' : ''}`}
                role="option"
                aria-selected={index === active}
                aria-setsize={items.length}
                aria-posinset={index + 1}
                style={{ top: `${index * kLine}px` }}
                onClick={() => {
                  setActive(index);
                  if (!getSelection()?.toString()) setOpen(open === item ? null : item);
                }}
              >
                {props.line(item)}
              </div>
            );
          })}
        </div>
      </div>
      {open && (
        <div class="event-detail" role="region" aria-label="The whole line">
          <button type="button" class="plain" onClick={() => setOpen(null)} aria-label="Close">×</button>
          {props.detail(open)}
        </div>
      )}
    </div>
  );
}
