// The order in which a run takes its files: those that take long first, so that nothing waits for one of them at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Half a minute or more on two cores. Vitest itself goes by size, which says little. */
const LONG = [
  'test/e2e/launch/launcher',
  'test/e2e/launch/development',
  'test/e2e/examples/nextjs',
  'test/e2e/processes/prefork',
  'test/e2e/pages/pages-accessibility',
  'test/integration/outages/operations-table',
  'test/integration/outages/redis-sentinel',
  'test/integration/database/failover',
  'packages/session/test/package',
  'packages/client/test/browser',
  'test/e2e/pages/pages-admin',
  'test/integration/events/rabbitmq',
  'test/integration/revocations/relay-faults',
  'test/e2e/pages/pages',
  'test/e2e/launch/install-groups',
  'test/e2e/launch/first-start',
  'packages/client/test/package',
  'test/e2e/pages/pages-beside',
  'test/e2e/processes/user-import',
  'test/e2e/pages/pages-mail',
  'test/integration/notification/faults',
  'test/e2e/processes/event-outages',
  'packages/client/test/readme',
  'test/e2e/pages/pages-account',
  'test/e2e/pages/pages-outages',
  'test/e2e/pages/pages-data',
  'test/integration/http/every-operation',
  'test/integration/outages/redis-tls',
  'test/e2e/pages/pages-forms',
  'test/integration/tokens/keys',
  'packages/session/test/exit',
  'test/integration/database/tls',
].map((path) => `/${path}.test.ts`)

const rankOf = ({ moduleId }: TestSpecification): number => {
  const place = LONG.findIndex((path) => moduleId.endsWith(path))
  return place === -1 ? LONG.length : place
}

/** The projects stay one after the other: a process is used again only for files of the same one. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map(({ project }) => project.name))]
    return projects.flatMap((name) =>
      sorted.filter(({ project }) => project.name === name).toSorted((one, other) => rankOf(one) - rankOf(other)),
    )
  }
}
