import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

/** One page of a listing. */
export interface Page<T> {
  items: T[];
  next?: string | undefined;
}

export type Fetch<T> = (token: string | undefined, signal: AbortSignal) => Promise<Page<T>>;

export interface Paged<T> {
  items: T[];
  loading: boolean;
  /** There is more, which is fetched when asked for. */
  more: boolean;
  error: Error | null;
  reload(): void;
  loadMore(): void;
}

/** Rows that are fetched unasked; after them the reader decides. */
const kUnasked = 20_000;

/**
 * A listing, fetched page by page. The first page shows as soon as it is there; a reload shows its rows
 * when it has them all, so that nothing flickers. `key` names what is listed: another key starts anew.
 */
export function usePages<T>(key: string, fetch: Fetch<T>): Paged<T> {
  const [state, setState] = useState<{ key: string; items: T[]; next?: string | undefined; loading: boolean; error: Error | null }>({ key, items: [], loading: true, error: null });
  const running = useRef<AbortController | null>(null);
  const fetchRef = useRef(fetch);
  fetchRef.current = fetch;

  const run = useCallback(
    async (items: T[], token: string | undefined, quiet: boolean) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      const limit = items.length + kUnasked;
      let rows = items;
      let next = token;
      if (!quiet) setState({ key, items: rows, next, loading: true, error: null });
      try {
        do {
          const page = await fetchRef.current(next, controller.signal);
          if (controller.signal.aborted) return;
          rows = rows.concat(page.items);
          next = page.next;
          const going = next !== undefined && rows.length < limit;
          if (!quiet || !going) setState({ key, items: rows, next, loading: going, error: null });
          if (!going) break;
        } while (true);
      } catch (error) {
        if (controller.signal.aborted) return;
        setState((old) => ({ ...old, loading: false, error: error as Error }));
      }
    },
    [key],
  );

  useEffect(() => {
    void run([], undefined, false);
    return () => running.current?.abort();
  }, [run]);

  const current = state.key === key ? state : { items: [] as T[], loading: true, error: null, next: undefined };
  return {
    items: current.items,
    loading: current.loading,
    more: !current.loading && current.next !== undefined,
    error: current.error,
    reload: useCallback(() => void run([], undefined, true), [run]),
    loadMore: () => void run(current.items, current.next, false),
  };
}

export interface Loaded<T> {
  value: T | null;
  error: Error | null;
  reload(): void;
}

/** One answer, kept while it is asked for again. `every` milliseconds, 0 for once. */
export function useLoaded<T>(key: string, fetch: (signal: AbortSignal) => Promise<T>, every = 0): Loaded<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: Error | null }>({ key, value: null, error: null });
  const [turn, setTurn] = useState(0);
  const fetchRef = useRef(fetch);
  fetchRef.current = fetch;
  useEffect(() => {
    const controller = new AbortController();
    let timer = 0;
    const load = async () => {
      try {
        const value = await fetchRef.current(controller.signal);
        if (!controller.signal.aborted) setState({ key, value, error: null });
      } catch (error) {
        if (controller.signal.aborted) return;
        setState((old) => ({ key, value: old.key === key ? old.value : null, error: error as Error }));
      }
      if (every && !controller.signal.aborted) timer = setTimeout(load, document.hidden ? every * 5 : every);
    };
    void load();
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, turn, every]);
  const fresh = state.key === key;
  return {
    value: fresh ? state.value : null,
    error: fresh ? state.error : null,
    reload: useCallback(() => setTurn((n) => n + 1), []),
  };
}

/** Calls back again and again while the page is visible. */
export function useInterval(callback: () => void, every: number): void {
  const latest = useRef(callback);
  latest.current = callback;
  useEffect(() => {
    if (!every) return;
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, every);
    return () => clearInterval(timer);
  }, [every]);
}
