import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig as readConsentConfig } from '../../../services/consent/src/config/index.js'
import { readConfig as readGatewayConfig } from '../../../services/gateway/src/config/index.js'
import { readConfig as readNotificationConfig } from '../../../services/notification/src/config/index.js'
import { environment, readConfig, readDatabaseConfig } from '../../../src/config/index.js'
import { schemaProblems } from '../../../tools/deployment/schemas.mjs'
import {
  chartWithGateway,
  chartWithServices,
  chartWithWorker,
  containerOf,
  type Fields,
  find,
  GATEWAY_SECRET,
  kustomizationWithGateway,
  kustomizationWithServices,
  kustomizationWithWorker,
  podOf,
  programs,
  SECRET,
  SERVICE_SECRETS,
} from '../../support/kubernetes.js'

describe.skipIf(!programs).each([
  ['kustomize', kustomizationWithWorker],
  ['Helm', chartWithWorker],
])('the objects of %s', (_, objects) => {
  const config = () => find(objects, 'ConfigMap')['data'] as Record<string, string>

  it('have an environment that the service accepts in production', () => {
    const read = readConfig({ NODE_ENV: 'production', ...config(), ...SECRET })
    expect(read).toMatchObject({ PORT: 8080, METRICS_PORT: 9464, SHUTDOWN_DELAY: 5, NODE_ENV: 'production' })
    expect(Object.keys(environment.shape)).toEqual(expect.arrayContaining(Object.keys(config())))
  })

  it('give the migration what it needs, and nothing else', () => {
    const { env, args } = containerOf(find(objects, 'Job', 'postern-migrate'))
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
    const workloads = [
      ...[find(objects, 'Deployment'), find(objects, 'Deployment', 'postern-worker')],
      find(objects, 'Job', 'postern-migrate'),
    ]
    for (const workload of workloads) {
      const pod = podOf(workload)
      expect(pod['automountServiceAccountToken']).toBe(false)
      expect(pod['securityContext']).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(Object.keys(pod)).not.toEqual(expect.arrayContaining(['hostNetwork', 'hostPID', 'hostIPC', 'volumes']))
      expect(pod['containers']).toHaveLength(1)
      expect(containerOf(workload)['securityContext']).toEqual({
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
    const migration = find(objects, 'Job', 'postern-migrate')['spec'].template.metadata.labels as object
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

  it('let the pods reach DNS, stores and mail servers, and public receivers of webhooks', () => {
    const { egress, policyTypes } = find(objects, 'NetworkPolicy')['spec'] as Fields
    const rules = egress as Fields[]
    const portsOf = (some: Fields[]) =>
      some.flatMap((rule) => (rule['ports'] as Fields[]).map(({ port }) => port as number))
    expect(policyTypes).toEqual(['Ingress', 'Egress'])
    const anywhere = rules.filter((rule) => rule['to'] === undefined)
    expect(portsOf(anywhere)).toEqual([53, 53, 3306, 6379, 26379, 5671, 5672, 465, 587])
    const [receivers, ...others] = rules.filter((rule) => rule['to'] !== undefined)
    expect(others).toEqual([])
    expect(portsOf([receivers!])).toEqual([443])
    const [ipv4, ipv6] = (receivers!['to'] as Fields[]).map(({ ipBlock }) => ipBlock as Fields)
    expect(ipv4!['except']).toEqual(expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16']))
    expect(ipv6!['except']).toEqual(expect.arrayContaining(['fc00::/7']))
  })

  it('run workers that have what the service has, and leave events to them', () => {
    const [service, worker] = ['postern', 'postern-worker'].map((name) => find(objects, 'Deployment', name))
    const environmentOf = (workload: Fields) => containerOf(workload)['env'] as Fields[]
    expect(environmentOf(service!)).toEqual([{ name: 'CONSUMERS', value: '0' }])
    expect(environmentOf(worker!)).toEqual([{ name: 'ROLE', value: 'worker' }])
    for (const part of ['image', 'envFrom', 'ports', 'startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(containerOf(worker!)[part]).toEqual(containerOf(service!)[part])
    const read = (role: object) => readConfig({ NODE_ENV: 'production', ...config(), ...SECRET, ...role })
    expect(read({ CONSUMERS: '0' })).toMatchObject({ ROLE: 'service', CONSUMERS: 0 })
    expect(read({ ROLE: 'worker' })).toMatchObject({ ROLE: 'worker', CONSUMERS: 5, PORT: 8080 })
    // It finishes what it holds, for at most 30 s, and gives up after 40.
    expect(podOf(worker!)['terminationGracePeriodSeconds']).toBe(45)
    expect(find(objects, 'PodDisruptionBudget', 'postern-worker')['spec'].maxUnavailable).toBe(1)
  })

  it('select the workers that they are for, and never both', () => {
    const labelsOf = (name: string) =>
      find(objects, 'Deployment', name)['spec'].template.metadata.labels as Record<string, string>
    const selectors: Record<string, string>[] = [
      find(objects, 'Service', 'postern-worker')['spec'].selector,
      find(objects, 'Deployment', 'postern-worker')['spec'].selector.matchLabels,
      find(objects, 'PodDisruptionBudget', 'postern-worker')['spec'].selector.matchLabels,
    ]
    for (const selector of selectors) {
      expect(labelsOf('postern-worker')).toMatchObject(selector)
      expect(labelsOf('postern')).not.toMatchObject(selector)
    }
    const monitored = find(objects, 'ServiceMonitor')['spec'].selector.matchLabels as object
    expect(find(objects, 'Service', 'postern-worker')['metadata'].labels).toMatchObject(monitored)
    const restricted = find(objects, 'NetworkPolicy')['spec'].podSelector.matchLabels as object
    expect(labelsOf('postern-worker')).toMatchObject(restricted)
  })

  it('have the alert rules of deploy/prometheus', () => {
    const rules: unknown = parse(readFileSync('deploy/prometheus/alerts.yaml', 'utf8'))
    expect(find(objects, 'PrometheusRule')['spec']).toEqual(rules)
  })
})

describe.skipIf(!programs).each([
  ['kustomize', kustomizationWithGateway],
  ['Helm', chartWithGateway],
])('the gateway of %s', (_, objects) => {
  const config = (name: string) => find(objects, 'ConfigMap', name)['data'] as Record<string, string>
  const gateway = () => find(objects, 'Deployment', 'postern-gateway')

  it('has an environment that it accepts in production, without a secret of the service', () => {
    const variables = config('postern-gateway')
    expect(readGatewayConfig({ NODE_ENV: 'production', ...variables, ...GATEWAY_SECRET })).toMatchObject({
      ...{ GATEWAY_PORT: 8090, GATEWAY_METRICS_PORT: 9096, GATEWAY_INSTANCES: gateway()['spec'].replicas as number },
      AUTH_GRPC_URL: { target: 'dns:///postern-grpc:50051', tls: false },
    })
    for (const name of Object.keys(variables)) expect(name).not.toMatch(/SECRET|KEY|TOKEN$/)
    const { envFrom, args } = containerOf(gateway())
    expect((envFrom as Fields[]).map(({ secretRef }) => secretRef as Fields | undefined)).toEqual([
      undefined,
      { name: 'postern-gateway' },
    ])
    expect(args).toEqual(['services/gateway/dist/main.js'])
  })

  it('has the ports, probes and restrictions of the service', () => {
    const [its, ofService] = [containerOf(gateway()), containerOf(find(objects, 'Deployment'))]
    for (const part of ['image', 'securityContext', 'startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(its[part]).toEqual(ofService[part])
    expect(its['ports']).toEqual([
      { name: 'http', containerPort: 8090, protocol: 'TCP' },
      { name: 'metrics', containerPort: 9096, protocol: 'TCP' },
    ])
    expect(podOf(gateway())['terminationGracePeriodSeconds']).toBe(20)
  })

  it('reaches the gRPC of all pods of the service, and nothing else does', () => {
    const port = Number(config('postern')['GRPC_PORT'])
    expect(
      (containerOf(find(objects, 'Deployment'))['ports'] as Fields[]).map(({ containerPort }) => Number(containerPort)),
    ).toContain(port)
    const { clusterIP, selector, ports } = find(objects, 'Service', 'postern-grpc')['spec'] as Fields
    expect([clusterIP, ports[0].port]).toEqual(['None', port])
    const labelsOf = (name: string) => find(objects, 'Deployment', name)['spec'].template.metadata.labels as object
    expect(labelsOf('postern')).toMatchObject(selector as object)
    const { ingress } = find(objects, 'NetworkPolicy', 'postern-grpc')['spec'] as Fields
    const { egress } = find(objects, 'NetworkPolicy', 'postern-gateway')['spec'] as Fields
    expect(labelsOf('postern-gateway')).toMatchObject(ingress[0].from[0].podSelector.matchLabels as object)
    expect(labelsOf('postern')).toMatchObject(egress[0].to[0].podSelector.matchLabels as object)
    const others = (find(objects, 'NetworkPolicy')['spec'].ingress as Fields[]).flatMap(
      (rule) => rule['ports'] as Fields[],
    )
    expect(others.map((rule) => rule['port'] as string)).toEqual(['http', 'metrics'])
  })
})

describe.skipIf(!programs).each([
  ['kustomize', kustomizationWithServices],
  ['Helm', chartWithServices],
])('the services of %s', (_, objects) => {
  const config = (name: string) => find(objects, 'ConfigMap', name)['data'] as Record<string, string>
  const names = ['consent', 'notification'] as const

  it('have an environment that they accept in production, without a secret', () => {
    const read = (name: (typeof names)[number]) => ({
      ...{ NODE_ENV: 'production', ...config(`postern-${name}`), ...SERVICE_SECRETS[name] },
    })
    expect(readConsentConfig(read('consent'))).toMatchObject({ CONSENT_GRPC_PORT: 50_053, CONSENT_METRICS_PORT: 9097 })
    expect(readNotificationConfig(read('notification'))).toMatchObject({
      ...{ NOTIFICATION_GRPC_PORT: 50_054, NOTIFICATION_METRICS_PORT: 9098 },
    })
    for (const name of names) {
      for (const variable of Object.keys(config(`postern-${name}`))) expect(variable).not.toMatch(/SECRET|KEY|TOKEN$/)
      const { envFrom, args } = containerOf(find(objects, 'Deployment', `postern-${name}`))
      expect((envFrom as Fields[])[1]).toEqual({ secretRef: { name: `postern-${name}` } })
      expect(args).toEqual([`services/${name}/dist/main.js`])
    }
  })

  it('have a migration of their own, which needs the URL of their database and nothing else', () => {
    for (const name of names) {
      const job = find(objects, 'Job', `postern-${name}-migrate`)
      const { env, args } = containerOf(job)
      expect(args).toEqual([`services/${name}/dist/cli.js`, 'migrate'])
      const [url, ...tls] = (env as Fields[]).map((entry) => entry['name'] as string)
      expect([url, tls]).toEqual([
        `${name.toUpperCase()}_DATABASE_URL`,
        ['DATABASE_CA', 'DATABASE_CLIENT_CERT', 'DATABASE_CLIENT_KEY'],
      ])
      const { selector } = find(objects, 'Service', `postern-${name}`)['spec'] as Fields
      expect(job['spec'].template.metadata.labels).not.toMatchObject(selector as object)
    }
  })

  it('have the restrictions of the service, and their probes beside their metrics', () => {
    for (const name of names) {
      const deployment = find(objects, 'Deployment', `postern-${name}`)
      const { securityContext, image, livenessProbe, readinessProbe, ports } = containerOf(deployment)
      expect({ securityContext, image }).toEqual({
        securityContext: containerOf(find(objects, 'Deployment'))['securityContext'] as object,
        image: containerOf(find(objects, 'Deployment'))['image'] as string,
      })
      expect([livenessProbe.httpGet, readinessProbe.httpGet]).toEqual([
        { path: '/livez', port: 'metrics' },
        { path: '/readyz', port: 'metrics' },
      ])
      expect((ports as Fields[]).map((port) => port['name'] as string)).toEqual(['grpc', 'metrics'])
      expect(podOf(deployment)['terminationGracePeriodSeconds']).toBe(45)
      expect(find(objects, 'PodDisruptionBudget', `postern-${name}`)['spec'].maxUnavailable).toBe(1)
    }
  })

  it('are where everyone looks for them, and only programs reach their gRPC', () => {
    for (const name of names) {
      const port = Number(config(`postern-${name}`)[`${name.toUpperCase()}_GRPC_PORT`])
      const { clusterIP, ports, selector } = find(objects, 'Service', `postern-${name}`)['spec'] as Fields
      expect([clusterIP, ports[0].port]).toEqual(['None', port])
      const labels = find(objects, 'Deployment', `postern-${name}`)['spec'].template.metadata.labels as object
      expect(labels).toMatchObject(selector as object)
      for (const caller of ['postern', 'postern-gateway'])
        expect(config(caller)[`${name.toUpperCase()}_GRPC_URL`]).toBe(`dns:///postern-${name}:${port}`)
    }
    expect(config('postern-notification')['CONSENT_GRPC_URL']).toBe('dns:///postern-consent:50053')
    expect(config('postern-consent')).not.toHaveProperty('CONSENT_GRPC_URL')
    const { podSelector, ingress } = find(objects, 'NetworkPolicy', 'postern-services')['spec'] as Fields
    const { values } = podSelector.matchExpressions[0] as { values: string[] }
    expect(values).toEqual(['server', 'worker', 'gateway', 'consent', 'notification'])
    expect(ingress[0].from[0].podSelector).toEqual(podSelector)
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
