import { createStore, useStore } from '../store';
import { Icon } from './icons';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const toasts = createStore<Toast[]>([]);
let last = 0;

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((toast) => toast.id !== id));
}

/** Says something in the corner for a while; what went wrong stays until it is closed. */
export function say(text: string, bad = false): void {
  last += 1;
  const id = last;
  toasts.set([...toasts.get().slice(-4), { id, text, bad }]);
  if (!bad) setTimeout(() => dismiss(id), 5000);
}

export function sayError(error: unknown): void {
  say((error as Error).message, true);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {useStore(toasts).map((toast) => (
        <div key={toast.id} class={toast.bad ? 'toast bad' : 'toast'}>
          <span>{toast.text}</span>
          <button class="plain" aria-label="Close" onClick={() => dismiss(toast.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
