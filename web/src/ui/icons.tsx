// Drawn for 16 pixels, one stroke, in the colour of the text beside them.
const kPaths = {
  endpoint: 'M2.5 8h3l2-4.5 3 9 1.5-4.5h1.5',
  model: 'M8 1.8 13.5 5v6L8 14.2 2.5 11V5L8 1.8Zm0 6.2 5.5-3M8 8 2.5 5M8 8v6.2',
  transform: 'M2.5 4.5h4v4h-4v-4ZM9.5 7.5h4v4h-4v-4ZM6.5 6.5h1.5l1 1.5M4.5 11.5h3M6 10l1.7 1.5L6 13',
  graph: 'M4 5.8a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8ZM12 7.9a1.9 1.9 0 1 0 0-3.8 1.9 1.9 0 0 0 0 3.8ZM6 14a1.9 1.9 0 1 0 0-3.8A1.9 1.9 0 0 0 6 14ZM5.9 4.3l4.3 1.3M4.4 5.8l1.2 4.5M10.8 7.5l-3.6 3.2',
  bucket: 'M2.5 4.5c0-1.1 2.5-2 5.5-2s5.5.9 5.5 2-2.5 2-5.5 2-5.5-.9-5.5-2Zm0 0 1.2 8c.1.7 2 1.3 4.3 1.3s4.2-.6 4.3-1.3l1.2-8',
  user: 'M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8Zm-5 5.5c.5-2.5 2.5-3.8 5-3.8s4.5 1.3 5 3.8',
  group: 'M6 7.6a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM1.8 12.8c.4-2.1 2-3.2 4.2-3.2s3.8 1.1 4.2 3.2M10.5 3.3a2.2 2.2 0 0 1 0 4.1M12 9.9c1.2.5 2 1.5 2.2 2.9',
  role: 'M8 1.8l5 2v3.7c0 3-2 5.3-5 6.7-3-1.4-5-3.7-5-6.7V3.8l5-2Z',
  simulator: 'M8 2.2v11.6M4 13.8h8M3 4.5h10M3 4.5 1.2 9h3.6L3 4.5Zm10 0L11.2 9h3.6L13 4.5Z',
  logs: 'M2.5 4h11M2.5 8h11M2.5 12h7',
  alarm: 'M8 2a4 4 0 0 1 4 4c0 3.2 1.5 4.5 1.5 5H2.5c0-.5 1.5-1.8 1.5-5a4 4 0 0 1 4-4ZM6.5 13.2a1.6 1.6 0 0 0 3 0',
  audit: 'M4 2h5.5L12 4.5V14H4V2Zm2.2 5.8 1.3 1.3 2.5-2.7',
  folder: 'M2 4.2c0-.6.4-1 1-1h3.3l1.5 1.6H13c.6 0 1 .4 1 1v6c0 .6-.4 1-1 1H3c-.6 0-1-.4-1-1V4.2Z',
  file: 'M4 2h5.2L12.5 5.2V14H4V2Zm5 0v3.5h3.5',
  upload: 'M8 10.5V2.8M4.8 6 8 2.8 11.2 6M2.5 10.5v2.7h11v-2.7',
  download: 'M8 2.5v7.7M4.8 7 8 10.2 11.2 7M2.5 10.5v2.7h11v-2.7',
  trash: 'M2.8 4.2h10.4M6 4V2.5h4V4M4.2 4.2l.6 9.3h6.4l.6-9.3M6.7 7v4M9.3 7v4',
  refresh: 'M13.2 8a5.2 5.2 0 1 1-1.6-3.7M13.3 2v2.8h-2.8',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.3-1.2 3.4 3.4',
  copy: 'M5.5 5.5h8v8h-8v-8ZM10.5 5.5v-3h-8v8h3',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  sun: 'M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  moon: 'M13 9.6A5.6 5.6 0 1 1 6.4 3a4.5 4.5 0 0 0 6.6 6.6Z',
  exit: 'M6 2.5H3v11h3M10.5 5 13.5 8l-3 3M13.2 8H6.5',
  right: 'M6 3.5 10.5 8 6 12.5',
  play: 'M4.5 3v10l8-5-8-5Z',
  key: 'M10.3 9.3a3.3 3.3 0 1 0-3.2-2.5L2.5 11.4v2.1h2.3v-1.6h1.6v-1.6l1-1c.8.1 1.9.1 2.9 0ZM10.8 5.2h.01',
  keyboard: 'M1.8 4h12.4v8H1.8V4ZM4 6.5h.01M6.5 6.5h.01M9 6.5h.01M11.7 6.5h.01M5 9.5h6',
} as const;

export type IconName = keyof typeof kPaths;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={kPaths[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="mark-ground" />
      <path d="M23.2 10.6A9 9 0 1 0 25 16h-8" class="mark-line" />
      <circle cx="17" cy="16" r="2.2" class="mark-dot" />
    </svg>
  );
}
