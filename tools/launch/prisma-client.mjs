// The client that Prisma generates from prisma/schema.prisma into src/generated/prisma. It is in Git, because Prisma's
// command line has five times the size of the service's dependencies: docs/adr/0038-install-groups.md.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { run } from './children.mjs'
import { filesIn } from './fingerprint.mjs'
import { installDependencies } from './install.mjs'
import { inRoot, node } from './paths.mjs'

const generated = inRoot('src/generated/prisma')

/** Prisma aligns the columns of the data model. @param {string} model */
const unaligned = (model) => model.replace(/ +/g, ' ')

/** Whether the client was generated from this data model by this version of Prisma. It contains both. */
export function isPrismaClientCurrent() {
  const { devDependencies } = JSON.parse(readFileSync(inRoot('prisma/package.json'), 'utf8'))
  const client = filesIn(generated).find((file) => file.endsWith('internal/class.ts'))
  const text = client ? readFileSync(client, 'utf8') : ''
  const [, version] = /^ *"clientVersion": "(.*)",$/m.exec(text) ?? []
  const [, model] = /^ *"inlineSchema": (".*"),$/m.exec(text) ?? []
  if (model === undefined || version !== devDependencies.prisma) return false
  return unaligned(JSON.parse(model)) === unaligned(readFileSync(inRoot('prisma/schema.prisma'), 'utf8'))
}

/** @param {string} [checkout] with prisma/schema.prisma; gets src/generated/prisma */
export async function generatePrismaClient(checkout = inRoot()) {
  await installDependencies(() => undefined, inRoot('prisma'))
  const prisma = inRoot('prisma/node_modules/prisma/build/index.js')
  await run('prisma generate', node, [prisma, 'generate', '--schema', join(checkout, 'prisma/schema.prisma')], {
    cwd: inRoot('prisma'),
    // Prisma would download an engine that generating does not use. Any file in its place prevents that.
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: node,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  })
}

/** Files of the client in Git that are not as Prisma generates them now. @returns {Promise<string[]>} */
export async function prismaClientProblems() {
  mkdirSync(inRoot('node_modules/.cache'), { recursive: true })
  const fresh = mkdtempSync(inRoot('node_modules/.cache/prisma-'))
  try {
    cpSync(inRoot('prisma/schema.prisma'), join(fresh, 'prisma/schema.prisma'))
    await generatePrismaClient(fresh)
    const contents = (/** @type {string} */ folder) =>
      new Map(filesIn(folder).map((file) => [relative(folder, file), readFileSync(file, 'utf8')]))
    const [now, before] = [contents(join(fresh, 'src/generated/prisma')), contents(generated)]
    return [...new Set([...now.keys(), ...before.keys()])]
      .filter((file) => now.get(file) !== before.get(file))
      .map(
        (file) =>
          `src/generated/prisma/${file} is not as Prisma generates it. Delete src/generated/prisma and run npm run build.`,
      )
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}
