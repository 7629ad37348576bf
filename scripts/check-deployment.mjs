// Part of npm run check: the files in deploy/ and compose.yaml, with Helm, kubectl and schemas, without a cluster.
import { isDeepStrictEqual } from 'node:util'
import { composeProblems } from '../tools/deployment/compose.mjs'
import { normalize } from '../tools/deployment/normalize.mjs'
import { deploymentPrograms } from '../tools/deployment/programs.mjs'
import { prometheusRuleIsCurrent } from '../tools/deployment/prometheus-rule.mjs'
import {
  GATEWAY,
  output,
  renderChart,
  renderKustomization,
  SERVICES,
  WITH_GATEWAY,
  WITH_SERVICES,
  WITH_WORKER,
  WORKER,
} from '../tools/deployment/render.mjs'
import { schemaProblems } from '../tools/deployment/schemas.mjs'

/** @param {import('../tools/deployment/programs.mjs').Programs} programs @returns {Promise<string[]>} */
async function kubernetesProblems({ helm, kubectl }) {
  output(helm, 'lint', '--strict', 'deploy/helm/postern')
  const pairs = [
    [renderChart(helm), renderKustomization(kubectl)],
    [renderChart(helm, ...WITH_WORKER), renderKustomization(kubectl, WORKER)],
    [renderChart(helm, ...WITH_GATEWAY), renderKustomization(kubectl, GATEWAY)],
    [renderChart(helm, ...WITH_SERVICES), renderKustomization(kubectl, SERVICES)],
  ]
  const everyValue = renderChart(helm, '--values', 'test/kubernetes/every-value.yaml')
  return [
    ...new Set(pairs.flatMap(([chart = [], base = []]) => differences(chart, base))),
    ...(await schemaProblems([...pairs.slice(1).flat(2), ...everyValue])),
  ]
}

/** @typedef {import('../tools/deployment/render.mjs').KubernetesObject[]} Objects */

/** @param {Objects} chart @param {Objects} kustomization */
function differences(chart, kustomization) {
  const [fromHelm, fromKustomize] = [normalize(chart), normalize(kustomization)]
  return [...new Set([...Object.keys(fromHelm), ...Object.keys(fromKustomize)])]
    .filter((name) => !isDeepStrictEqual(fromHelm[name], fromKustomize[name]))
    .map((name) => `${name} differs between deploy/helm/postern and deploy/kubernetes`)
}

const programs = await deploymentPrograms()
const problems = [
  ...(prometheusRuleIsCurrent() ? [] : ['deploy/kubernetes/monitoring/prometheus-rule.yaml: run npm run format']),
  ...composeProblems(),
  ...(programs ? await kubernetesProblems(programs) : []),
]
if (!programs) console.log('Not checked: the Kubernetes objects, because helm and kubectl are not on the PATH.')
for (const problem of problems) console.log(problem)
process.exitCode = problems.length === 0 ? 0 : 1
