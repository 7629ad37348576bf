// The import rules. Every import that is not allowed here is an error, including type imports.

const contract = '^packages/contract/'
const session = '^packages/session/'
const library = '^packages/service/'
const delivery = '^packages/delivery/'
const proto = '^packages/proto/'
/** The part of the library that serves and calls gRPC. */
const grpcOfServices = '^packages/service/src/(grpc|callers)/'
const generated = '^src/generated/'
const generatedProto = '^packages/proto/src/generated/'

const schema = '^src/schema/'
const platform = '^src/platform/'
const config = '^src/config/'
const requests = '^src/requests/'

/** Of the resolvers, what has nothing of GraphQL: who the caller is, and how a session gets to them. */
const callers = '^src/resolvers/(context|session-delivery)\\.ts$'

/** The index.ts of these domains, the only file of a domain that another folder may import. */
const doors = (...domains) => `^src/services/(${domains.join('|')})/index\\.ts$`
const anyDoor = doors('[^/]+')

/** A domain of src/services: may import its own files, the index.ts of the domains below it, and what all domains may import. */
const service = (domain, ...below) => [
  `^src/services/${domain}/`,
  [
    `^src/services/${domain}/`,
    ...(below.length > 0 ? [doors(...below)] : []),
    '^src/repositories/',
    platform,
    library,
    delivery,
    contract,
    session,
  ],
]

/** The folders, and what each may import. docs/architecture.md has the same table. */
const folders = [
  ['^src/(main|cli)\\.ts$', ['^src/processes/', '^src/app/', config, platform, library]],
  [
    '^src/processes/',
    ['^src/processes/', '^src/app/', '^src/(http|grpc|requests)/', config, platform, library, contract],
  ],
  // The commands check what an operator types by the rules of the API.
  ['^src/processes/commands/', [schema]],
  [
    '^src/app/',
    [
      '^src/app/',
      config,
      anyDoor,
      '^src/(repositories|clients|upstreams)/',
      schema,
      platform,
      library,
      delivery,
      contract,
    ],
  ],
  // The two front doors.
  [
    '^src/http/',
    ['^src/http/', requests, config, '^src/resolvers/', schema, anyDoor, platform, library, delivery, contract],
  ],
  ['^src/grpc/', ['^src/grpc/', requests, config, callers, schema, anyDoor, platform, library, proto, contract]],
  // Services that Postern calls.
  ['^src/upstreams/', ['^src/upstreams/', anyDoor, library, delivery, proto, contract]],
  // What the two doors share.
  [requests, [requests, config, anyDoor, platform, library, contract]],
  [
    '^src/resolvers/',
    ['^src/resolvers/', requests, schema, anyDoor, platform, library, contract, `${generated}graphql\\.ts$`],
  ],
  service('accounts', 'audit', 'events', 'sessions', 'tokens', 'revocations', 'passwords', 'usernames', 'verification'),
  service('authentication', 'audit', 'events', 'factors', 'sessions', 'tokens', 'revocations', 'passwords', 'limits'),
  service('factors', 'audit', 'events', 'sessions', 'revocations'),
  service('passkeys', 'audit', 'events', 'sessions', 'authentication'),
  service('verification', 'audit', 'events', 'sessions', 'tokens', 'revocations', 'passwords', 'limits'),
  service('oauth', ...['accounts', 'authentication', 'audit', 'events', 'revocations', 'sessions']),
  service('sessions', 'audit', 'events', 'tokens', 'revocations'),
  service('usernames', 'audit', 'events'),
  service('webhooks', 'audit', 'events'),
  service('signals', 'audit', 'events'),
  service('consents', 'sessions'),
  service('notifications', 'sessions'),
  service('mail', 'events'),
  service('subscriptions', 'audit'),
  ...['audit', 'events', 'tokens', 'revocations', 'passwords', 'limits', 'captcha', 'maintenance'].map((domain) =>
    service(domain),
  ),
  [
    '^src/repositories/([^/]+)/',
    ['^src/repositories/($1|database)/', '^src/clients/', platform, library, delivery, `${generated}prisma/`, contract],
  ],
  [schema, [schema, platform, library, delivery, contract]],
  ['^src/clients/', ['^src/clients/', library, `${generated}prisma/`, contract]],
  [platform, [platform, library, contract]],
  [config, [config, library, delivery, contract]],
  // The contract imports only itself and Node.
  [contract, [contract]],
  ['^packages/(session|client)/', ['^packages/$1/', contract]],
  [library, [library, contract]],
  [grpcOfServices, [proto, session]],
  [delivery, [delivery, library, contract]],
  ['^packages/proto/', ['^packages/proto/']],
  ['^services/([^/]+)/', ['^services/$1/', '^packages/(contract|delivery|proto|service|session)/']],
  ['^(examples|web)/', ['^(examples|web)/', '^packages/']],
]

/** Imports that are allowed for types only. */
const typesOnly = [
  ['^src/app/', '^src/resolvers/index\\.ts$'],
  ['^src/grpc/', '^src/resolvers/index\\.ts$'],
  ['^src/clients/', '^src/config/index\\.ts$'],
]

/** Libraries that only some folders may import. */
const libraries = [
  ['graphql|@apollo|@as-integrations', '^src/(http|resolvers|schema)/'],
  ['@prisma|mariadb', '^src/(clients|repositories)/'],
  ['mysql2', '^packages/service/src/database/'],
  ['amqplib', '^packages/service/src/events/'],
  ['ioredis|cluster-key-slot', '^(src/clients|packages/(service|session))/'],
  ['argon2|@node-rs', '^src/services/passwords/hasher/(program|foreign)\\.ts$'],
  ['jsonwebtoken', '^src/services/tokens/'],
  ['@simplewebauthn', '^src/services/passkeys/webauthn\\.ts$'],
  ['jose', '^packages/session/src/dpop-(proof|key)\\.ts$'],
  ['paseto-ts', '^(src/services/tokens|packages/session)/'],
  ['prom-client', '^(src/platform/(metrics|metric-snapshots)|packages/service/src/metric-registry)\\.ts$'],
  ['cockatiel', '^packages/service/src/(breakers|repetition)\\.ts$'],
  ['nodemailer', '^packages/delivery/src/mail/smtp\\.ts$'],
  ['otpauth', '^src/services/factors/totp\\.ts$'],
  ['handlebars', '^packages/delivery/src/templates/'],
  ['openid-client', '^src/clients/openid-(client|errors)\\.ts$'],
  ['pino', '^packages/service/src/logger\\.ts$'],
  ['@opentelemetry', '^packages/service/src/tracing/'],
  ['graphql-ws|ws', '^src/http/subscriptions/'],
  [
    '@grpc',
    '^(src/grpc/|services/|packages/service/src/(grpc|callers)/|packages/proto/src/grpc-(client|service)\\.ts$)',
  ],
  ['@bufbuild', '^(src/(grpc|upstreams)/|services/|packages/service/src/(grpc|callers)/|packages/proto/)'],
  ['fastify|@fastify|helmet', '^(src/http/|services/|packages/session/src/fastify\\.ts$)'],
  ['@fastify/proxy-addr', '^packages/service/src/proxy-headers\\.ts$'],
  ['hono|@hono', '^(packages/session/src/hono\\.ts$|examples/hono/)'],
  ['@nestjs', '^packages/session/src/nestjs\\.ts$'],
]

const inPackage = (names) => `node_modules/(${names})(/|$)`

module.exports = {
  allowed: [
    ...folders.map(([path, targets]) => ({ from: { path }, to: { path: targets } })),
    ...typesOnly.map(([path, target]) => ({
      from: { path },
      to: { path: target, dependencyTypes: ['type-only'] },
    })),
    // Generated code does not follow the rules.
    { from: { path: [generated, generatedProto] }, to: {} },
    { from: {}, to: { dependencyTypes: ['core'] } },
    {
      from: { pathNot: contract },
      to: { path: 'node_modules/', pathNot: inPackage(libraries.map(([names]) => names).join('|')) },
    },
    ...libraries.map(([names, path]) => ({ from: { path }, to: { path: inPackage(names) } })),
  ],
  allowedSeverity: 'error',
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or need a third.',
      severity: 'error',
      from: { pathNot: [`${generated}prisma/`, generatedProto] },
      to: { circular: true },
    },
    {
      name: 'nothing-undeclared',
      comment: 'A package that package.json does not name, or a missing file.',
      severity: 'error',
      from: { pathNot: generated },
      to: {
        dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'],
        // Peers and workspaces are declared too, but the tool does not recognize a workspace from another one.
        dependencyTypesNot: ['npm-peer'],
        pathNot: '^packages/',
      },
    },
    {
      name: 'traces-on-demand',
      comment: 'Without a collector, nothing of OpenTelemetry is loaded.',
      severity: 'error',
      from: { pathNot: `${library}src/tracing/` },
      to: { path: `${library}src/tracing/`, pathNot: '/tracing\\.ts$', dynamic: false },
    },
    {
      name: 'smtp-on-demand',
      comment: 'nodemailer takes 27 MiB: it is loaded when the first mail is sent.',
      severity: 'error',
      from: {},
      to: { path: '^packages/delivery/src/mail/smtp\\.ts$', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'templates-on-demand',
      comment: 'Handlebars takes 9 MiB: it is loaded when the first mail is rendered.',
      severity: 'error',
      from: { path: '^src/' },
      to: {
        path: `${delivery}src/(mail/templates|templates/engine)\\.ts$`,
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'webauthn-on-demand',
      comment: 'The library of passkeys takes 26 MiB: it is loaded with the first ceremony.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/services/passkeys/webauthn\\.ts$' },
      to: { path: '^src/services/passkeys/webauthn\\.ts$', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'prisma-on-demand',
      comment: 'Prisma takes 37 MiB: it is loaded when something first uses it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/clients/(prisma|mariadb-pool)\\.ts$', generated] },
      to: {
        path: [
          '^src/clients/(prisma|mariadb-pool)\\.ts$',
          '^src/generated/prisma/(client|internal)',
          inPackage('@prisma|mariadb'),
        ],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'grpc-on-demand',
      comment: 'Without GRPC_PORT and services to call, nothing of gRPC is loaded.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(grpc|upstreams)/' },
      to: {
        path: ['^src/(grpc|upstreams)/', '^packages/service/src/(grpc|callers)/', proto, inPackage('@grpc|@bufbuild')],
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nothing-from-development',
      comment: 'Production installs without devDependencies.',
      severity: 'error',
      from: { path: '^(src|packages)/', pathNot: '^packages/[^/]+/dist/' },
      // Users of a package install its peers.
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
  ],
  options: {
    // Tests import what they need, as those in test/ do.
    // A bundled program has what its packages declare. Next.js is installed only where its example is built.
    exclude: { path: '^((packages|services)/[^/]+/test|services/[^/]+/dist|examples/nextjs)/' },
    doNotFollow: { path: ['node_modules', '^packages/[^/]+/dist/'] },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['types', 'import', 'node', 'default'] },
  },
}
