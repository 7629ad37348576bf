const paths = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4.5 4.5l7 7m0-7l-7 7',
  alert: 'M8 5v3.5M8 11v.01M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8z',
  cloud: 'M5 12.5h6a2.75 2.75 0 0 0 .4-5.47A3.5 3.5 0 0 0 4.7 6.5 3 3 0 0 0 5 12.5zM2.5 2.5l11 11',
  eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  hidden:
    'M2.5 2.5l11 11M6.3 3.8A6 6 0 0 1 8 3.5C12 3.5 14.5 8 14.5 8a12 12 0 0 1-1.9 2.4M4.2 5.1A11.6 11.6 0 0 0 1.5 8S4 12.5 8 12.5c.9 0 1.7-.2 2.4-.5',
  phone: 'M5 1.800h6a.7.7 0 0 1 .7.7v11a.7.7 0 0 1-.7.7H5a.7.7 0 0 1-.7-.7v-11a.7.7 0 0 1 .7-.7zM7.3 12h1.4',
  computer:
    'M2.5 3h11a.5.5 0 0 1 .5.5v7a.5.5 0 0 1-.5.5h-11a.5.5 0 0 1-.5-.5v-7a.5.5 0 0 1 .5-.5zM5.5 13.500h5M8 11v2.5',
  program: 'M3 4.500l3.5 3.500L3 11.500M8.5 11.500H13',
  spinner: 'M8 2a6 6 0 1 0 6 6',
} as const

export type IconName = keyof typeof paths

/** Decoration: the words beside it say the same. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg className={`icon icon-${name}`} viewBox="0 0 16 16" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
)
