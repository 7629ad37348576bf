import { expect, it } from 'vitest'
import { buildSteps } from '../../../tools/launch/build-steps.mjs'

/** The steps that have ended when this one starts. */
function before(name: string): Set<string> {
  const { after = [] } = buildSteps.find((step) => step.name === name) ?? {}
  return new Set(after.flatMap((one) => [one, ...before(one)]))
}

it.each(buildSteps.map(({ name }) => name))('%s reads nothing that a step makes which it does not wait for', (name) => {
  const inputs = new Set(buildSteps.find((step) => step.name === name)?.inputs())
  const made = buildSteps.filter((step) => step.name !== name && !before(name).has(step.name))
  // Otherwise its inputs change during the build, and the next one repeats it.
  expect(made.filter((step) => step.outputs().some((file) => inputs.has(file))).map((step) => step.name)).toEqual([])
})
