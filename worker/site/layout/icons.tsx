/** Icons of one line width, drawn for the navigation. The word beside an icon names it, so screen readers skip it. */
const PATHS = {
  home: 'M4 11.5 12 4l8 7.5M6 10v9h4v-5h4v5h4v-9',
  imports: 'M12 4v10m-4-4 4 4 4-4M5 15v3a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-3',
  batches: 'M12 4 4 8l8 4 8-4-8-4ZM4 12l8 4 8-4M4 16l8 4 8-4',
  storage:
    'M4 7c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3Zm0 0 1.5 11c0 1.1 2.9 2 6.5 2s6.5-.9 6.5-2L20 7',
  keys: 'M14.5 9.5a4.5 4.5 0 1 0-4 4.47L12 15.5h2v2h2v2h3.5V16l-5.3-5.3',
  webhooks: 'M9 8a3.5 3.5 0 1 1 5.5 2.8l2.7 4.7M12 8l-3.5 6M6.5 12.6A3.5 3.5 0 1 0 10 17h6a3 3 0 1 0 2-2',
  usage: 'M5 20V11m5 9V5m5 15v-6m5 6V8',
  members:
    'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5m1-9.3a3.5 3.5 0 0 0 0-6.4m2.5 10.7c1.6.8 2.5 2.5 2.5 5',
  operations: 'M4 6h9m4 0h3M4 12h3m4 0h9M4 18h9m4 0h3M15 4v4M9 10v4m6 2v4',
  docs: 'M6 4h9l4 4v12H6a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm8 0v5h5M9 13h6m-6 3.5h6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  chevrons: 'm8 10 4-4 4 4m-8 4 4 4 4-4',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  cross: 'm6.5 6.5 11 11m0-11-11 11',
  exclamation: 'M12 6v7m0 4.5v.5',
} as const;
export type IconName = keyof typeof PATHS;

export const Icon = ({ name }: { name: IconName }) => (
  <svg
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d={PATHS[name]} />
  </svg>
);
