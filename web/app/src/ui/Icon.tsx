// The icons of the pages, all from Lucide.
import {
  Check,
  CircleAlert,
  CloudOff,
  Eye,
  EyeOff,
  Info,
  LoaderCircle,
  Monitor,
  Smartphone,
  SquareTerminal,
  X,
} from 'lucide-react'

const icons = {
  check: Check,
  cross: X,
  alert: CircleAlert,
  info: Info,
  cloud: CloudOff,
  eye: Eye,
  hidden: EyeOff,
  phone: Smartphone,
  computer: Monitor,
  program: SquareTerminal,
  spinner: LoaderCircle,
} as const

export type IconName = keyof typeof icons

/** Hidden from screen readers: the words beside it say the same. */
export function Icon({ name }: { name: IconName }) {
  const Shape = icons[name]
  return <Shape className={`icon icon-${name}`} aria-hidden />
}
