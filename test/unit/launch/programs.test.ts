import { expect, it } from 'vitest'
import { installNotice, programs } from '../../../tools/launch/programs.mjs'

it('the launcher names the Debian packages before it installs them', () => {
  expect(installNotice([programs.mariadb, programs.chromium])).toBe(
    '  Missing on this machine: MariaDB, Chromium. Installing these Debian packages, which start no service: ' +
      'mariadb-server-core, mariadb-client-core, chromium',
  )
})
