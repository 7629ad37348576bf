import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environment, readConfig, readDatabaseConfig } from '../../../src/config/index.js'
import { normalize } from '../../../tools/deployment/normalize.mjs'
import { deploymentPrograms } from '../../../tools/deployment/programs.mjs'
import { type KubernetesObject, output, renderChart, renderKustomization } from '../../../tools/deployment/render.mjs'
import { schemaProblems } from '../../../tools/deployment/schemas.mjs'

// They are in a package for Linux x64. On another machine, install Helm and kubectl.
const programs = await deploymentPrograms()
const { helm, kubectl } = programs ?? { helm: '', kubectl: '' }
const kustomization = programs ? renderKustomization(kubectl) : []
const chart = programs ? renderChart(helm) : []

/** What you create before the installation. */
const SECRET = {
  DATABASE_URL: 'mysql://postern:password@mysql:3306/postern',
  REDIS_URL: 'redis://redis:6379',
  JWT_SECRET: 'a-jwt-secret-of-the-test-0123456789abcdef',
  REFRESH_KEY: 'a-refresh-key-of-the-test-0123456789abcdef',
}

/** An object as text says it: any field may be there. */
type Fields = Record<string, any>

function find(objects: KubernetesObject[], kind: string, name = 'postern'): Fields {
  const found = objects.find((object) => object.kind === kind && object.metadata.name.startsWith(name))
  if (!found) throw new Error(`No ${kind} ${name}`)
  return found
}

const podOf = (workload: Fields): Fields => workload['spec'].template.spec as Fields
const containerOf = (workload: Fields): Fields => podOf(workload)['containers'][0] as Fields

describe.skipIf(!programs).each([
  ['kustomize', kustomization],
  ['Helm', chart],
])('the objects of %s', (_, objects) => {
  const config = () => find(objects, 'ConfigMap')['data'] as Record<string, string>

  it('have an environment that the service accepts in production', () => {
    const read = readConfig({ NODE_ENV: 'production', ...config(), ...SECRET })
    expect(read).toMatchObject({ PORT: 8080, METRICS_PORT: 9464, SHUTDOWN_DELAY: 5, NODE_ENV: 'production' })
    expect(Object.keys(environment.shape)).toEqual(expect.arrayContaining(Object.keys(config())))
  })

  it('give the migration what it needs, and nothing else', () => {
    const { env, args } = containerOf(find(objects, 'Job'))
    const names = (env as { name: string; valueFrom: Fields }[]).map(({ name, valueFrom }) => {
      expect(valueFrom['secretKeyRef']).toMatchObject({ name: 'postern', key: name })
      return name
    })
    expect(names).toEqual(['DATABASE_URL', 'DATABASE_CA', 'DATABASE_CLIENT_CERT', 'DATABASE_CLIENT_KEY'])
    expect(readDatabaseConfig({ DATABASE_URL: SECRET.DATABASE_URL }).DATABASE_URL).toBeDefined()
    expect(args).toEqual(['dist/cli.js', 'migrate'])
  })

  it('contain no secret', () => {
    expect(objects.map(({ kind }) => kind)).not.toContain('Secret')
    for (const name of Object.keys(config())) expect(name).not.toMatch(/SECRET|KEY|URL|TOKEN$/)
  })

  it('meet the restricted pod security standard, with a read-only root and without a token', () => {
    for (const kind of ['Deployment', 'Job']) {
      const pod = podOf(find(objects, kind))
      expect(pod['automountServiceAccountToken']).toBe(false)
      expect(pod['securityContext']).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(Object.keys(pod)).not.toEqual(expect.arrayContaining(['hostNetwork', 'hostPID', 'hostIPC', 'volumes']))
      expect(pod['containers']).toHaveLength(1)
      expect(containerOf(find(objects, kind))['securityContext']).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  it('check the start, the process and its stores with one probe each', () => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(find(objects, 'Deployment'))
    const requested = (probe: Fields) => probe['httpGet'] as Fields
    expect(requested(startupProbe as Fields)).toEqual({ path: '/livez', port: 'http' })
    expect(requested(livenessProbe as Fields)).toEqual({ path: '/livez', port: 'http' })
    expect(requested(readinessProbe as Fields)).toEqual({ path: '/readyz', port: 'http' })
  })

  it('replace pods without a gap', () => {
    const deployment = find(objects, 'Deployment')
    expect(deployment['spec'].strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 })
    const { SHUTDOWN_DELAY = '', SHUTDOWN_TIMEOUT = '' } = config()
    const needed = Number(SHUTDOWN_DELAY) + Number(SHUTDOWN_TIMEOUT)
    expect(podOf(deployment)['terminationGracePeriodSeconds']).toBeGreaterThan(needed + 5)
    // kube-proxy stops routing to a pod when it is not ready.
    expect(SHUTDOWN_DELAY).toBe('5')
    expect(find(objects, 'PodDisruptionBudget')['spec'].maxUnavailable).toBe(1)
  })

  it('limit each instance to its part when Redis is unavailable, for the largest number of instances', () => {
    expect(config()['INSTANCES']).toBe(String(find(objects, 'HorizontalPodAutoscaler')['spec'].maxReplicas))
    expect(find(objects, 'Deployment')['spec'].replicas).toBeUndefined()
  })

  it('use one port for the API and one for the metrics', () => {
    const { ports } = containerOf(find(objects, 'Deployment'))
    expect(ports).toEqual([
      { name: 'http', containerPort: Number(config()['PORT']), protocol: 'TCP' },
      { name: 'metrics', containerPort: Number(config()['METRICS_PORT']), protocol: 'TCP' },
    ])
    expect(find(objects, 'ServiceMonitor')['spec'].endpoints[0].port).toBe('metrics')
  })

  it('select the pods that they are for', () => {
    const labels = find(objects, 'Deployment')['spec'].template.metadata.labels as object
    const migration = find(objects, 'Job')['spec'].template.metadata.labels as object
    const selectors: Fields[] = [
      find(objects, 'Service')['spec'].selector,
      find(objects, 'Deployment')['spec'].selector.matchLabels,
      find(objects, 'PodDisruptionBudget')['spec'].selector.matchLabels,
    ]
    for (const selector of selectors) {
      expect(labels).toMatchObject(selector)
      expect(migration).not.toMatchObject(selector)
    }
    const monitored = find(objects, 'ServiceMonitor')['spec'].selector.matchLabels as object
    expect(find(objects, 'Service')['metadata'].labels).toMatchObject(monitored)
    const restricted = find(objects, 'NetworkPolicy')['spec'].podSelector.matchLabels as object
    for (const pods of [labels, migration]) expect(pods).toMatchObject(restricted)
  })

  it('let the pods reach DNS, MySQL, Redis and Sentinels only', () => {
    const { egress, policyTypes } = find(objects, 'NetworkPolicy')['spec'] as Fields
    const ports = (egress as Fields[]).flatMap((rule) => (rule['ports'] as Fields[]).map(({ port }) => port as number))
    expect(policyTypes).toEqual(['Ingress', 'Egress'])
    expect(ports.toSorted((a, b) => a - b)).toEqual([53, 53, 3306, 6379, 26379])
  })

  it('have the alert rules of deploy/prometheus', () => {
    const rules: unknown = parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8'))
    expect(find(objects, 'PrometheusRule')['spec']).toEqual(rules)
  })
})

describe.skipIf(!programs)('the Helm chart', () => {
  it('renders the same objects as kustomize, with and without the Prometheus operator', () => {
    expect(normalize(chart)).toEqual(normalize(kustomization))
    const base = normalize(renderKustomization(kubectl, 'deploy/kubernetes/base'))
    expect(normalize(renderChart(helm, '--set', 'monitoring.enabled=false'))).toEqual(base)
    expect(Object.keys(base)).toEqual([
      'ConfigMap postern',
      'Deployment postern',
      'HorizontalPodAutoscaler postern',
      'Job postern-migrate',
      'NetworkPolicy postern',
      'PodDisruptionBudget postern',
      'Service postern',
      'ServiceAccount postern',
    ])
  })

  // The check validates all of these objects.
  it('applies its values', () => {
    const objects = renderChart(helm, '--values', 'test/kubernetes/every-value.yaml')
    const deployment = find(objects, 'Deployment')
    expect(containerOf(deployment)).toMatchObject({ image: expect.stringMatching(/@sha256:0{64}$/) as string })
    // 30 + 60 and some more.
    expect(podOf(deployment)['terminationGracePeriodSeconds']).toBe(97)
    expect(find(objects, 'ConfigMap')['data'].INSTANCES).toBe('12')
    expect(containerOf(find(objects, 'Job'))['env'][0].valueFrom.secretKeyRef.name).toBe('postern-migrate')
  })

  it('refuses a secret in the values, and a value that it does not have', () => {
    const set = (value: string) => () => renderChart(helm, '--set-string', value)
    // One call: Helm names all of them.
    const names = ['JWT_SECRET', 'PASETO_KEY_PREVIOUS', 'METRICS_TOKEN', 'DATABASE_URL', 'INSTANCES']
    let message = ''
    try {
      set(names.map((name) => `config.${name}=value`).join())()
    } catch (error) {
      message = String(error)
    }
    for (const name of names) expect(message).toContain(`'${name}'`)
    expect(set('autoscaling.maxReplica=3')).toThrow('maxReplica')
  })

  it('is complete as a package, although the alert rules are a link', () => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-chart-'))
    output(helm, 'package', 'deploy/helm/postern', '--destination', folder)
    const rendered = output(helm, 'template', 'postern', join(folder, 'postern-0.1.0.tgz'))
    expect(rendered).toContain('alert: PosternRevocationBacklog')
    rmSync(folder, { recursive: true })
  })

  it('restarts the pods when a variable changes', () => {
    const checksum = (objects: KubernetesObject[]) =>
      find(objects, 'Deployment')['spec'].template.metadata.annotations['checksum/config'] as string
    expect(checksum(chart)).not.toBe(checksum(renderChart(helm, '--set', 'config.LOG_LEVEL=debug')))
  })

  it('has the version of the service', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    const { appVersion } = parse(readFileSync('deploy/helm/postern/Chart.yaml', 'utf8')) as { appVersion: string }
    expect(appVersion).toBe(version)
    for (const objects of [chart, kustomization])
      expect(containerOf(find(objects, 'Deployment'))['image']).toBe(`postern:${version}`)
  })

  it('names in its guide the keys of the Secret, and an overlay that renders', () => {
    const guide = readFileSync('docs/kubernetes.md', 'utf8')
    const keys = [...guide.matchAll(/^\| (`[A-Z].*?) +\|/gm)].flatMap(
      ([, cell = '']) => cell.match(/[A-Z_]{5,}/g) ?? [],
    )
    expect(keys).toEqual(expect.arrayContaining(Object.keys(SECRET)))
    expect(Object.keys(environment.shape)).toEqual(expect.arrayContaining(keys))
    const folder = mkdtempSync(join(tmpdir(), 'postern-overlay-'))
    const overlay = /```yaml\n(.*?)```/s.exec(guide)?.[1] ?? ''
    const there = relative(realpathSync(folder), realpathSync('deploy/kubernetes'))
    const text = overlay.replace('../path/to/deploy/kubernetes', there).replace('sha256:…', `sha256:${'0'.repeat(64)}`)
    writeFileSync(join(folder, 'kustomization.yaml'), text)
    const objects = renderKustomization(kubectl, folder)
    expect(find(objects, 'ConfigMap')['data']).toMatchObject({ JWT_ISSUER: 'https://auth.example.com', INSTANCES: '6' })
    for (const kind of ['Deployment', 'Job'])
      expect(containerOf(find(objects, kind))['image']).toMatch(/^registry\.example\.com\/postern@sha256:/)
    rmSync(folder, { recursive: true })
  })

  it('runs the migration before each installation and upgrade', () => {
    expect(find(chart, 'Job')['metadata'].annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
    })
  })
})

it('the schemas find a field that does not exist and a value of the wrong type', async () => {
  const service = (name: string, port: object) => ({
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name } },
    spec: { ports: [port] },
  })
  const problems = await schemaProblems([
    service('right', { port: 80, targetPort: 'http' }),
    service('misspelled', { port: 80, target: 'http' }),
    service('mistyped', { port: 'http' }),
  ])
  expect(problems).toEqual([
    expect.stringMatching(/^Service mistyped: .*port must be integer/),
    expect.stringMatching(/^Service misspelled: .*"target"/),
    expect.stringMatching(/^Service mistyped: /),
  ])
})
