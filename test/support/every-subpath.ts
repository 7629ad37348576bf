import { beforeAll, expect, it } from 'vitest'
import { compileImports, createProject, loadEntries, RESOLUTIONS } from './module-resolution.js'

/** The tests that every subpath of a package must pass. `installed`: a project that has it. */
export function testEverySubpath(name: string, installed: () => string): void {
  let made: ReturnType<typeof createProject>
  beforeAll(() => {
    made = createProject(installed(), name)
  })

  it.each(RESOLUTIONS)('has types under moduleResolution %s', (resolution) => {
    expect(compileImports(made.project, made.entries, resolution)).toEqual([])
  })

  it('loads with the same exports as ES module, as CommonJS, and in tools that ignore `exports`', async () => {
    const { project, entries } = made
    const modules = await loadEntries(project, entries, 'import')
    expect(Object.keys(modules)).toEqual(entries)
    expect(await loadEntries(project, entries, 'require')).toEqual(modules)
    expect(await loadEntries(project, entries, 'require without `exports`')).toEqual(modules)
  })
}
