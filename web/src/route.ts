import { createStore, useStore } from './store';

// The page is in the fragment ("#/buckets/pictures/2026/"), as the server has one page only.
// Every part is percent-encoded by itself, so that names may hold anything.

function read(): string[] {
  const path = location.hash.replace(/^#\/?/, '').split('?')[0] ?? '';
  return path.split('/').map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
}

const route = createStore<string[]>(read());
addEventListener('hashchange', () => route.set(read()));

export function useRoute(): string[] {
  return useStore(route);
}

/** A link to a page: href('buckets', name). */
export function href(...parts: string[]): string {
  return '#/' + parts.map(encodeURIComponent).join('/');
}

export function go(address: string): void {
  location.hash = address;
}

/** What stands after '?' in the fragment. */
export function routeQuery(): URLSearchParams {
  return new URLSearchParams(location.hash.split('?')[1] ?? '');
}
