import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

/** Bundles one file of this repository with its imports, as a page would load it. */
export async function bundle(
  path: string,
  { external = [], mode = 'production' }: { external?: string[]; mode?: string } = {},
) {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    mode,
    define: { 'process.env.NODE_ENV': JSON.stringify(mode) },
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(new URL(`../../../../${path}`, import.meta.url)),
        external,
        preserveEntrySignatures: 'strict',
      },
    },
  })) as Rolldown.RolldownOutput
  return built.output[0].code
}
