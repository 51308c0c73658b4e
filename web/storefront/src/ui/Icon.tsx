/** Signs of one weight on a grid of 20. They are never alone: who uses one brings the word. */
const PATHS = {
  cart: 'M2.5 3.5h2l2 9h8l1.8-6.5H5.2M8 16.4h.01M13.6 16.4h.01',
  search: 'M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12ZM13.5 13.5 17 17',
  close: 'm5 5 10 10M15 5 5 15',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  bin: 'M4 6h12M8 6V4h4v2M5.5 6l.7 10h7.6l.7-10M8.5 9v4M11.5 9v4',
  sun: 'M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M4.3 15.7l1.1-1.1M14.6 5.4l1.1-1.1',
  moon: 'M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3Z',
  half: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM10 3v14M10 6l4.5-.9M10 10h7M10 14l4.5.9',
  signal: 'M3 16.5v-3M7.7 16.5v-6M12.3 16.5V7M17 16.5v-13',
  back: 'M12 4.5 6.5 10l5.5 5.5',
  play: 'M6 4.2v11.6L15.5 10Z',
  pause: 'M6.5 4.5v11M13.5 4.5v11',
  check: 'm4 10.5 4 4 8-9',
  again: 'M15.5 7.2A6.2 6.2 0 1 0 16.2 11M16 3.5v4h-4',
  scale: 'M10 3v14M5 17h10M3.5 6.5 10 5l6.5 1.5M3.5 6.5 1.5 11.5h4ZM16.5 6.5l-2 5h4Z',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
