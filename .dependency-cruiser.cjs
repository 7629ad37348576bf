// Who may import whom. What is not allowed here is an error; type imports count like all others.

const session = '^packages/session/'
const generated = '^src/generated/'

/** Each room and what it may import from, as docs/architecture.md tables them; a folder names itself. */
const rooms = [
  ['^src/(main|cli)\\.ts$', ['^src/platform/', '^src/processes/']],
  ['^src/platform/', ['^src/platform/']],
  ['^src/config(\\.ts$|/)', ['^src/config/']],
  ['^src/processes/main\\.ts$', ['^src/(serve|config|logger)\\.ts$', '^src/prefork/']],
  ['^src/serve\\.ts$', ['^src/(app|server|worker|config|errors|logger|app/server-access)\\.ts$']],
  ['^src/prefork/', ['^src/prefork/', '^src/(config|errors|logger|metrics)\\.ts$']],
  ['^src/processes/cli\\.ts$', ['^src/(app|app/server-access|operations|config|errors|logger)\\.ts$']],
  ['^src/operations\\.ts$', ['^src/config\\.ts$', '^src/(services|repositories|clients)/']],
  ['^src/worker\\.ts$', ['^src/app\\.ts$']],
  [
    '^src/server(\\.ts$|/)',
    ['^src/server/', '^src/(app|config|context|errors|logger|pages|playground)\\.ts$', '^src/(resolvers|schema)/'],
  ],
  ['^src/(pages|playground)\\.ts$', ['^src/static-files\\.ts$']],
  ['^src/context\\.ts$', ['^src/errors\\.ts$', '^src/services/']],
  [
    '^src/app(\\.ts$|/)',
    ['^src/app/', '^src/(config|logger|metrics)\\.ts$', '^src/(services|repositories|clients)/', session],
  ],
  ['^src/resolvers/', ['^src/errors\\.ts$', '^src/(resolvers|services|schema)/', `${generated}graphql\\.ts$`]],
  ['^src/services/', ['^src/(services|repositories)/', '^src/schema/rules\\.ts$', '^src/errors\\.ts$', session]],
  ['^src/repositories/', ['^src/(repositories|clients)/', '^src/errors\\.ts$', `${generated}prisma/`, session]],
  ['^src/schema/', ['^src/schema/', '^src/errors\\.ts$']],
  ['^src/clients/', ['^src/clients/', `${generated}prisma/`]],
  ['^packages/([^/]+)/', ['^packages/$1/']],
  ['^(examples|web)/', ['^(examples|web)/', '^packages/']],
]

/** What one may know of the other by its types alone. */
const typesOnly = [
  ['^src/app\\.ts$', '^src/resolvers/'],
  ['^src/serve\\.ts$', '^src/prefork/'],
  ['^src/resolvers/', '^src/context\\.ts$'],
  // A program of its own, started and not imported; what is said to it has a type.
  ['^src/services/', '^src/hasher\\.ts$'],
]

/** Libraries that have a place of their own, and the only rooms that may use them. */
const libraries = [
  ['graphql|graphql-jit|@apollo|@as-integrations', '^src/(server\\.ts$|server/|resolvers/|schema/)'],
  ['@prisma|mysql2|mariadb', '^src/(clients|repositories)/'],
  ['ioredis|cluster-key-slot', '^(src/(clients|repositories)|packages/session)/'],
  ['argon2|@node-rs', '^src/hasher\\.ts$'],
  ['jsonwebtoken', '^src/services/'],
  ['paseto-ts', '^(src/services|packages/session)/'],
  ['prom-client', '^src/metrics\\.ts$'],
  ['pino', '^src/logger\\.ts$'],
  [
    'fastify|@fastify|helmet',
    '^(src/(server\\.ts$|server/|(pages|playground|static-files)\\.ts$)|packages/session/src/fastify\\.ts$)',
  ],
]

const inPackage = (names) => `node_modules/(${names})(/|$)`

module.exports = {
  allowed: [
    ...rooms.map(([path, targets]) => ({ from: { path }, to: { path: targets } })),
    ...typesOnly.map(([path, target]) => ({
      from: { path },
      to: { path: target, dependencyTypes: ['type-only'] },
    })),
    // Generated code is as its generators write it.
    { from: { path: generated }, to: {} },
    { from: {}, to: { dependencyTypes: ['core'] } },
    { from: {}, to: { path: 'node_modules/', pathNot: inPackage(libraries.map(([names]) => names).join('|')) } },
    ...libraries.map(([names, path]) => ({ from: { path }, to: { path: inPackage(names) } })),
  ],
  allowedSeverity: 'error',
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one, or lack a third.',
      severity: 'error',
      from: { pathNot: `${generated}prisma/` },
      to: { circular: true },
    },
    {
      name: 'nothing-undeclared',
      comment: 'A package that package.json does not name, or a file that is not there.',
      severity: 'error',
      from: { pathNot: generated },
      to: {
        dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'],
        // A peer is declared; so is a workspace, though it is not recognised from another one.
        dependencyTypesNot: ['npm-peer'],
        pathNot: '^packages/',
      },
    },
    {
      name: 'nothing-from-development',
      comment: 'Production installs without devDependencies.',
      severity: 'error',
      from: { path: '^(src|packages)/', pathNot: '^packages/[^/]+/(dist|test)/' },
      // What a package has as a peer, its user installs.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
}
