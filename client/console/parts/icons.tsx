/** Small pictures beside words; none says anything by itself. */

const PATHS = {
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.5 4.5',
  plus: 'M12 5v14M5 12h14',
  lines: 'M4 6h16M4 12h16M4 18h10',
  keys: 'M3 6.5h18v11H3zM7 10.5h.01M12 10.5h.01M17 10.5h.01M8 14h8',
  leave: 'M14 4h5v16h-5M4 12h10M10 8l4 4-4 4',
  back: 'M19 12H5M11 6l-6 6 6 6',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5 10 17.5 19.5 7',
  cross: 'M7 7l10 10M17 7 7 17',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  warn: 'M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5M12 17.2h.01',
  hand: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM9 9.5h.01M15 9.5h.01M8.5 15.5h7',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5',
  away: 'M9 5H5v14h14v-4M13 5h6v6M19 5l-9 9',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  message: 'M4 5h16v11H9l-5 4z',
  phone:
    'M6 4h3.5l1.5 4.5-2 1.5a11 11 0 0 0 5 5l1.5-2 4.5 1.5V18a2 2 0 0 1-2 2A15 15 0 0 1 4 6a2 2 0 0 1 2-2Z',
  dash: 'M6 12h12',
  later: 'M5 8h10a4 4 0 0 1 0 8H9M8 5 5 8l3 3',
  undo: 'M5 12a7 7 0 1 1 2.2 5.1M5 17.5V12h5.5',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      class="icon"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Brand() {
  return (
    <svg class="brand-mark" width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect class="brand-ground" width="32" height="32" rx="8" />
      <circle class="brand-dot" cx="9" cy="12" r="2.4" />
      <circle class="brand-dot" cx="16" cy="12" r="2.4" />
      <circle class="brand-dot" cx="23" cy="12" r="2.4" />
      <path class="brand-line" d="M9 20.5h14" fill="none" stroke-width="3" stroke-linecap="round" />
    </svg>
  );
}
