// Loaded with --import: shifts the clock of a process by CLOCK_SHIFT_MS, from its start or from SIGUSR2 on.
const RealDate = Date
const later = Number(process.env['CLOCK_SHIFT_MS'])
let shift = process.env['CLOCK_SHIFT_AT'] === 'start' ? later : 0

const now = () => RealDate.now() + shift
globalThis.Date = new Proxy(RealDate, {
  get: (target, property) => (property === 'now' ? now : Reflect.get(target, property)),
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
})

if (process.env['CLOCK_SHIFT_AT'] === 'signal')
  process.on('SIGUSR2', () => {
    shift = later
  })
