/** Signs of the debugger, of the weight of the shop's. Who uses one brings the word. */
const PATHS = {
  first: 'M5 4.5v11M15.5 4.5 9 10l6.5 5.5Z',
  last: 'M15 4.5v11M4.5 4.5 11 10l-6.5 5.5Z',
  back: 'M12.5 4.5 7 10l5.5 5.5',
  forward: 'M7.5 4.5 13 10l-5.5 5.5',
  play: 'M6 4.2v11.6L15.5 10Z',
  pause: 'M7 4.5v11M13 4.5v11',
  copy: 'M7 7h9v9H7ZM4 13V4h9',
  link: 'M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l1-1',
  text: 'M4 5h12M4 9h12M4 13h8',
  check: 'm4 10.5 4 4 8-9',
  wrong: 'M10 6v5M10 14h.01M10 2.5 18 16.5H2Z',
  refused: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM5.2 5.2l9.6 9.6',
  plus: 'M10 4v12M4 10h12',
  minus: 'M4 10h12',
  fit: 'M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4',
  eye: 'M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.5S2 10 2 10ZM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z',
  list: 'M7 5h10M7 10h10M7 15h10M3 5h.01M3 10h.01M3 15h.01',
  inspect: 'M3 3.5h14v13H3ZM12 3.5v13',
  branch: 'M6 4v12M6 10c5 0 8-1 8-5M14 5V4',
  save: 'M10 3v9M6 8.5l4 4 4-4M4 16.5h12',
  search: 'M9 15a6 6 0 1 0 0-12 6 6 0 0 0 0 12ZM13.5 13.5 17 17',
} as const

export type SignName = keyof typeof PATHS

export function Sign({ name }: { readonly name: SignName }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width="18"
      height="18"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  )
}
