import { deploymentPrograms } from '../../tools/deployment/programs.mjs'
import {
  GATEWAY,
  type KubernetesObject,
  renderChart,
  renderKustomization,
  SERVICES,
  WITH_GATEWAY,
  WITH_SERVICES,
  WITH_WORKER,
  WORKER,
} from '../../tools/deployment/render.mjs'

/** Null on a machine without them: test/kubernetes has them for Linux x64 only. */
export const programs = await deploymentPrograms()
export const { helm, kubectl } = programs ?? { helm: '', kubectl: '' }

/** The objects of deploy/kubernetes and of deploy/helm/postern with its defaults. Empty without the programs. */
export const kustomization = programs ? renderKustomization(kubectl) : []
export const chart = programs ? renderChart(helm) : []

/** The same with workers. */
export const kustomizationWithWorker = programs ? renderKustomization(kubectl, WORKER) : []
export const chartWithWorker = programs ? renderChart(helm, ...WITH_WORKER) : []

/** The same with the gateway. */
export const kustomizationWithGateway = programs ? renderKustomization(kubectl, GATEWAY) : []
export const chartWithGateway = programs ? renderChart(helm, ...WITH_GATEWAY) : []

/** The same with the gateway and the services beside the service. */
export const kustomizationWithServices = programs ? renderKustomization(kubectl, SERVICES) : []
export const chartWithServices = programs ? renderChart(helm, ...WITH_SERVICES) : []

/** What an operator puts into the Secret before the installation. */
export const SECRET = {
  DATABASE_URL: 'mysql://postern:password@mysql:3306/postern',
  REDIS_URL: 'redis://redis:6379',
  JWT_SECRET: 'a-jwt-secret-of-the-test-0123456789abcdef',
  REFRESH_KEY: 'a-refresh-key-of-the-test-0123456789abcdef',
}

/** What an operator puts into the Secret of the gateway. */
export const GATEWAY_SECRET = {
  GATEWAY_KEY: 'a-gateway-key-of-the-test-0123456789abcdef',
  REDIS_URL: SECRET.REDIS_URL,
  JWT_SECRET: SECRET.JWT_SECRET,
}

const SERVICE_KEYS = ['auth', 'consent', 'notification']
  .map((name) => `${name}=a-key-of-${name}-in-the-test-0123456789abcdef`)
  .join(',')

/** What an operator puts into the Secrets of the services beside the service. */
export const SERVICE_SECRETS = {
  consent: {
    ...GATEWAY_SECRET,
    ...{ CONSENT_DATABASE_URL: 'mysql://consent:password@mysql:3306/postern_consent', SERVICE_KEYS },
    // No secrets, but only the operator knows them.
    ...{ CONSENT_CONTROLLER_NAME: 'Example', CONSENT_CONTROLLER_ADDRESS: 'Street 1, City' },
    CONSENT_CONTROLLER_CONTACT: 'privacy@example.com',
    CONSENT_KEY: 'a-consent-key-of-the-test-0123456789abcdef',
    SERVICE_KEY: 'consent:a-key-of-consent-in-the-test-0123456789abcdef',
  },
  notification: {
    ...GATEWAY_SECRET,
    ...{ NOTIFICATION_DATABASE_URL: 'mysql://notification:password@mysql:3306/postern_notification', SERVICE_KEYS },
    NOTIFICATION_KEY: 'a-notification-key-of-the-test-0123456789abcdef',
    SERVICE_KEY: 'notification:a-key-of-notification-in-the-test-0123456789abcdef',
  },
}

/** An object as text says it: any field may be there. */
export type Fields = Record<string, any>

/** The object of a kind with this name, to which kustomize may have added a hash. */
export function find(objects: KubernetesObject[], kind: string, name = 'postern'): Fields {
  const isNamed = (found: string) =>
    found === name || (found.startsWith(name) && /^-[0-9a-z]{10}$/.test(found.slice(name.length)))
  const found = objects.find((object) => object.kind === kind && isNamed(object.metadata.name))
  if (!found) throw new Error(`No ${kind} ${name}`)
  return found
}

export const podOf = (workload: Fields): Fields => workload['spec'].template.spec as Fields
export const containerOf = (workload: Fields): Fields => podOf(workload)['containers'][0] as Fields
