import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { environment } from '../../../src/config/index.js'
import { normalize } from '../../../tools/deployment/normalize.mjs'
import { type KubernetesObject, output, renderChart, renderKustomization } from '../../../tools/deployment/render.mjs'
import {
  chart,
  chartWithGateway,
  chartWithWorker,
  containerOf,
  find,
  helm,
  kubectl,
  kustomization,
  kustomizationWithGateway,
  kustomizationWithWorker,
  podOf,
  programs,
  SECRET,
} from '../../support/kubernetes.js'

describe.skipIf(!programs)('the Helm chart', () => {
  it('renders the same objects as kustomize, with and without the Prometheus operator, workers and the gateway', () => {
    expect(normalize(chart)).toEqual(normalize(kustomization))
    expect(normalize(chartWithWorker)).toEqual(normalize(kustomizationWithWorker))
    expect(normalize(chartWithGateway)).toEqual(normalize(kustomizationWithGateway))
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
    expect(containerOf(find(objects, 'Job', 'postern-migrate'))['env'][0].valueFrom.secretKeyRef.name).toBe(
      'postern-migrate',
    )
    expect(find(objects, 'Deployment', 'postern-worker')['spec'].replicas).toBe(5)
    expect(find(objects, 'Service', 'postern-worker')['spec'].ports[0].port).toBe(9999)
  })

  it('refuses a secret in the values, and a value that it does not have', () => {
    const set = (value: string) => () => renderChart(helm, '--set-string', value)
    // One call: Helm names all of them.
    const secrets = Object.keys(environment.shape).filter((name) =>
      /(_SECRET|_KEY|_TOKEN|_PASSWORD)(_PREVIOUS)?$/.test(name),
    )
    // The key of a captcha for pages is public, and limits only have such names.
    const names = [...secrets, 'DATABASE_URL', 'RABBITMQ_URL', 'SMTP_URL', 'INSTANCES', 'ROLE'].filter(
      (name) => name !== 'CAPTCHA_SITE_KEY' && !name.startsWith('RATE_LIMIT_'),
    )
    expect(names).toEqual(expect.arrayContaining(['JWT_SECRET', 'PASETO_KEY_PREVIOUS', 'METRICS_TOKEN']))
    let message = ''
    try {
      set(names.map((name) => `config.${name}=value`).join())()
    } catch (error) {
      message = String(error)
    }
    for (const name of names) expect(message).toContain(`'${name}'`)
    expect(set('autoscaling.maxReplica=3')).toThrow('maxReplica')
    expect(set('config.RATE_LIMIT_REFRESH_TOKEN=30/60')).not.toThrow()
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
    for (const objects of [chartWithWorker, kustomizationWithWorker])
      for (const name of ['postern', 'postern-worker'])
        expect(containerOf(find(objects, 'Deployment', name))['image']).toBe(`postern:${version}`)
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
    writeFileSync(join(folder, 'kustomization.yaml'), `${text}components:\n  - ${there}/worker\n`)
    const objects = renderKustomization(kubectl, folder)
    expect(find(objects, 'ConfigMap')['data']).toMatchObject({ JWT_ISSUER: 'https://auth.example.com', INSTANCES: '6' })
    const workloads = [
      ...[find(objects, 'Deployment'), find(objects, 'Deployment', 'postern-worker')],
      find(objects, 'Job', 'postern-migrate'),
    ]
    for (const workload of workloads)
      expect(containerOf(workload)['image']).toMatch(/^registry\.example\.com\/postern@sha256:/)
    rmSync(folder, { recursive: true })
  })

  it('runs the migration before each installation and upgrade', () => {
    expect(find(chart, 'Job', 'postern-migrate')['metadata'].annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
    })
  })
})
