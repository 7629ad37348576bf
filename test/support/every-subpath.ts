import { beforeAll, expect, it } from 'vitest'
import { compileImports, createProject, loadEntries, RESOLUTIONS } from './module-resolution.js'

/** The tests that every subpath of a packed package must pass. */
export function testEverySubpath(name: string, packed: () => { folder: string; tarball: string }): void {
  let installed: Awaited<ReturnType<typeof createProject>>
  beforeAll(async () => {
    installed = await createProject(packed().folder, name, packed().tarball)
  })

  it.each(RESOLUTIONS)('has types under moduleResolution %s', (resolution) => {
    expect(compileImports(installed.project, installed.entries, resolution)).toEqual([])
  })

  it('loads with the same exports as ES module, as CommonJS, and in tools that ignore `exports`', async () => {
    const { project, entries } = installed
    const modules = await loadEntries(project, entries, 'import')
    expect(Object.keys(modules)).toEqual(entries)
    expect(await loadEntries(project, entries, 'require')).toEqual(modules)
    expect(await loadEntries(project, entries, 'require without `exports`')).toEqual(modules)
  })
}
