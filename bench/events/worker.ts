// A worker whose only consumer counts. Its parent asks for what it has consumed.
import { until } from '../stage/until.ts'
import { consumeHere } from './consumption.ts'
import { openEvents } from './events.ts'

const consumption = consumeHere({ keepsTimes: process.env['BENCH_KEEPS_TIMES'] === 'true' })
const events = openEvents(consumption.consumed)
const worker = events.broker!.worker

process.on('message', (message) => {
  if (message === 'look' || message === 'weigh') void consumption[message]().then((answer) => process.send!(answer))
  else
    void worker
      .stop()
      .then(() => events.close())
      .then(() => process.disconnect())
})
worker.start()
await until('the worker is connected', worker.isConnected)
process.send!('ready')
