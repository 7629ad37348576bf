// The PrometheusRule of kustomize, which can't read another file as Helm does: written from the alert rules.
import { readFileSync, writeFileSync } from 'node:fs'
import { inRoot } from '../launch/paths.mjs'

const RULES = inRoot('deploy/prometheus/alerts.yaml')
const OBJECT = inRoot('deploy/kubernetes/monitoring/prometheus-rule.yaml')

const HEAD = `# Written by npm run format from deploy/prometheus/alerts.yaml.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: postern
  labels:
    app.kubernetes.io/name: postern
    app.kubernetes.io/instance: postern
spec:
`

const wanted = () =>
  HEAD +
  readFileSync(RULES, 'utf8')
    .split('\n')
    .map((line) => (line === '' ? line : `  ${line}`))
    .join('\n')

export const prometheusRuleIsCurrent = () => readFileSync(OBJECT, 'utf8') === wanted()

export function writePrometheusRule() {
  writeFileSync(OBJECT, wanted())
}
