import { expect, test } from 'vitest'
import { variantNotes } from './legend.js'
import { suiteNames, suites } from './suites/index.js'

const entrants = suiteNames.flatMap(name =>
  suites[name].contests('full').flatMap(contest => contest.entrants.map(entrant => entrant.name)),
)
const peers = ['wasm', '1 thread', 'threads', '1 core', 'all cores']

test('every part of a variant has one meaning, which fits a terminal', () => {
  for (const part of new Set([...entrants, ...peers].flatMap(variant => variant.split(', ')))) {
    const notes = variantNotes([part])
    expect(notes, part).toHaveLength(1)
    expect(notes[0]?.length).toBeLessThanOrEqual(80)
  }
})

test('only what occurs is explained, once', () => {
  expect(variantNotes(['call', 'in place', 'call'])).toHaveLength(2)
  expect(variantNotes(['1 worker', '2 workers', '2 workers, turbo'])).toHaveLength(2)
  expect(variantNotes([])).toEqual([])
})
