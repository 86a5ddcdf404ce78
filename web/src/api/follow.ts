import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './call';
import { type Event, type EventQuery, filterEvents } from './logs';

/** Events that are kept in the page; older ones go. */
const kMost = 50_000;
const kEvery = 1000;
/** A line may be written with a time that is a little past, when another stream's came first. */
const kOverlap = 10_000;

export interface Followed {
  events: readonly Event[];
  loading: boolean;
  /** Older events had to go, or more are there than the page keeps. */
  cut: boolean;
  error: Error | null;
  reload(): void;
}

/** The events of a query, all pages of them, and with `follow` those that come from then on. */
export function useEvents(query: EventQuery, follow: boolean): Followed {
  const key = JSON.stringify(query);
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ key: string; events: Event[]; loading: boolean; cut: boolean; error: Error | null }>({ key, events: [], loading: true, cut: false, error: null });
  const following = useRef(follow);
  following.current = follow;

  useEffect(() => {
    const controller = new AbortController();
    let timer = 0;
    let events: Event[] = [];
    let seen = new Set<string>();
    let cut = false;

    const add = (more: Event[]) => {
      const fresh = more.filter((event) => !seen.has(event.eventId));
      if (fresh.length === 0) return;
      for (const event of fresh) seen.add(event.eventId);
      const inOrder = events.length === 0 || fresh[0]!.timestamp >= events.at(-1)!.timestamp;
      events = events.concat(fresh);
      if (!inOrder) events.sort((a, b) => a.timestamp - b.timestamp);
      if (events.length > kMost) {
        events = events.slice(-kMost);
        seen = new Set(events.map((event) => event.eventId));
        cut = true;
      }
    };

    const fetchAll = async (start: number) => {
      let token: string | undefined;
      do {
        const page = await filterEvents({ ...query, start }, token, controller.signal);
        if (controller.signal.aborted) return;
        add(page.events);
        token = page.next;
        setState({ key, events, loading: token !== undefined, cut, error: null });
      } while (token);
    };

    const run = async (start: number) => {
      try {
        await fetchAll(start);
      } catch (error) {
        if (controller.signal.aborted) return;
        setState((old) => ({ ...old, key, loading: false, error: error as Error }));
        if (error instanceof ApiError && error.status < 500 && error.status > 0 && !error.missing) return;
      }
      const again = () => {
        if (controller.signal.aborted) return;
        if (!following.current || document.hidden) {
          timer = setTimeout(again, kEvery);
          return;
        }
        const last = events.at(-1)?.timestamp;
        void run(last === undefined ? query.start : Math.max(query.start, last - kOverlap));
      };
      timer = setTimeout(again, kEvery);
    };
    void run(query.start);
    return () => {
      controller.abort();
      clearTimeout(timer);
    };
  }, [key, turn]);

  const fresh = state.key === key;
  return {
    events: fresh ? state.events : [],
    loading: fresh ? state.loading : true,
    cut: fresh && state.cut,
    error: fresh ? state.error : null,
    reload: () => setTurn((n) => n + 1),
  };
}
