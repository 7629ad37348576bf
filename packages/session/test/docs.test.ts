import { expect, it } from 'vitest'
import { SessionError } from '../src/index.js'
import { compileExamples, readPackage } from '../../../test/support/examples.js'

const { readme, sources } = readPackage('session')

it('compiles every example of the README and of the documentation comments', async () => {
  const options = { experimentalDecorators: true, emitDecoratorMetadata: true }
  const { count, problems } = await compileExamples('session', options)
  expect(count).toBeGreaterThan(10)
  expect(problems).toEqual([])
})

it('lists every error code with its status', () => {
  const codes = [...sources.find(({ name }) => name === 'errors.ts')!.text.matchAll(/^ {2}(\w+): '/gm)].map(
    ([, code]) => code!,
  )
  expect(codes).toHaveLength(26)
  for (const code of codes) {
    const { status } = new SessionError(code as SessionError['code'])
    expect(readme).toMatch(new RegExp(`^\\| ${status} +\\|[^\\n]*\`${code}\``, 'm'))
  }
})

it('lists every option', () => {
  const files = ['claims', 'verifier', 'validator', 'edge-keys', 'edge-revocations', 'edge-validator', 'dpop']
  const options = files
    .map((name) => `${name}.ts`)
    .flatMap((name) => {
      const { text } = sources.find((source) => source.name === name)!
      return [
        ...text.matchAll(
          /interface (?:VerificationKeys|DpopOptions|TokenVerifierOptions|SessionValidatorOptions|ClaimOptions|Edge\w+Options|RevocationOptions)\b[\s\S]*?\n}/g,
        ),
      ].flatMap(([body]) => [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option]) => option!))
    })
  expect(options).toEqual(expect.arrayContaining(['clockSkew', 'waitForReady', 'whenCheckFails', 'fetch']))
  const internal = ['keySource'] // only an option of createTokenVerifier
  for (const option of options.filter((name) => !internal.includes(name)))
    expect(readme).toMatch(new RegExp(`^\\| [^|]*\`${option}\``, 'm'))
})
