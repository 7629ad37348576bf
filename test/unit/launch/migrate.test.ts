import { describe, expect, it } from 'vitest'
import { migrationNote } from '../../../tools/launch/migrate.mjs'

describe('the line about the migrations', () => {
  it('names them where the names fit', () => {
    expect(migrationNote('Applied: 20261122000000_initial\n', 80)).toBe('1 applied: 20261122000000_initial')
  })

  it('only counts them where the names do not fit', () => {
    const output = 'Applied: 20261122000000_initial, 20261129120000_username_states, 20261201000000_sessions\n'
    expect(migrationNote(output, 80)).toBe('3 applied')
    expect(migrationNote(output, 200)).toBe(`3 applied: ${output.trim().slice('Applied: '.length)}`)
  })

  it('says that there was nothing to apply', () => {
    expect(migrationNote('The database is up to date.\n', 80)).toBe('up to date')
  })
})
