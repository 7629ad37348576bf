import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environment, readConfig, readDatabaseConfig } from '../../../src/config/index.js'
import { schemaProblems } from '../../../tools/deployment/schemas.mjs'
import {
  chart,
  containerOf,
  type Fields,
  find,
  kustomization,
  podOf,
  programs,
  SECRET,
} from '../../support/kubernetes.js'

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
