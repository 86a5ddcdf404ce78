import { createStore } from './store';

export type Theme = 'system' | 'light' | 'dark';
const kKey = 'gyre.theme';

function stored(): Theme {
  const value = localStorage.getItem(kKey);
  return value === 'light' || value === 'dark' ? value : 'system';
}

export const theme = createStore<Theme>(stored());
/** Grows whenever colours change, for what is drawn on a canvas. */
export const themeChanges = createStore(0);

function apply(): void {
  document.documentElement.dataset['theme'] = isDark() ? 'dark' : 'light';
  themeChanges.set(themeChanges.get() + 1);
}

theme.watch(() => {
  localStorage.setItem(kKey, theme.get());
  apply();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
apply();

export function isDark(): boolean {
  const value = theme.get();
  return value === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : value === 'dark';
}

export function toggleTheme(): void {
  theme.set(isDark() ? 'light' : 'dark');
}

/** What a name of base.css stands for now, for what is drawn on a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
