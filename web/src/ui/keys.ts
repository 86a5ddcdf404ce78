import { useLayoutEffect, useRef } from 'preact/hooks';

/** A shortcut of the page that is shown: "g e" for two keys one after the other. */
export interface Shortcut {
  keys: string;
  does: string;
  run: () => void;
}

const shortcuts: Shortcut[] = [];

export function allShortcuts(): readonly Shortcut[] {
  return shortcuts;
}

/** While the component is there. The latest of two with the same keys counts. */
export function useShortcut(keys: string, does: string, run: () => void): void {
  const latest = useRef(run);
  latest.current = run;
  // Before the page is painted, not after: who sees it may press the key.
  useLayoutEffect(() => {
    const shortcut: Shortcut = { keys, does, run: () => latest.current() };
    shortcuts.unshift(shortcut);
    return () => {
      shortcuts.splice(shortcuts.indexOf(shortcut), 1);
    };
  }, [keys, does]);
}

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
}

let before = '';
let beforeAt = 0;

addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (typing(event.target)) {
    if (event.key === 'Escape') (event.target as HTMLElement).blur();
    return;
  }
  if (document.querySelector('dialog[open]')) return;
  const two = event.timeStamp - beforeAt < 1500 ? `${before} ${event.key}` : '';
  before = event.key;
  beforeAt = event.timeStamp;
  const found = shortcuts.find((s) => s.keys === two) ?? shortcuts.find((s) => s.keys === event.key);
  if (!found) return;
  before = '';
  event.preventDefault();
  found.run();
});
