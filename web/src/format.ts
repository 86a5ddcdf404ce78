const kUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count: number): string {
  let unit = 0;
  while (count >= 1024 && unit < kUnits.length - 1) {
    count /= 1024;
    unit += 1;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)} ${kUnits[unit]}`;
}

/** Three digits that matter: 0.123, 12.3, 1,230. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en-US');
  if (size >= 10) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return size >= 0.001 ? value.toFixed(3) : value.toExponential(1);
}

/** Seconds as µs, ms or s. */
export function seconds(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  if (value < 0.001) return `${number(value * 1e6)} µs`;
  if (value < 1) return `${number(value * 1e3)} ms`;
  return `${number(value)} s`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
}

const kDate = new Intl.DateTimeFormat('sv-SE', {
  dateStyle: 'short',
  timeStyle: 'medium',
});

/** "2026-11-24 12:00:00", in the reader's own zone. */
export function dateTime(when: Date | number | string): string {
  const date = when instanceof Date ? when : new Date(when);
  return Number.isNaN(date.getTime()) ? '–' : kDate.format(date);
}

/** "12:00:00.123" */
export function timeOfDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** "3 min ago" */
export function ago(when: Date | number, now = Date.now()): string {
  const passed = (now - (when instanceof Date ? when.getTime() : when)) / 1000;
  if (passed < 60) return 'just now';
  if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  if (passed < 86400) return `${Math.floor(passed / 3600)} h ago`;
  const days = Math.floor(passed / 86400);
  return days === 1 ? 'yesterday' : `${days} days ago`;
}

export function count(items: number, one: string, many = one + 's'): string {
  return `${items.toLocaleString('en-US')} ${items === 1 ? one : many}`;
}
