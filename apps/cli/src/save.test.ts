import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { placeFor, saveWhole } from './save.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wengert-part-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const ended = spawnSync(process.execPath, ['--version']).pid

/** A file that nobody has written to for so many seconds. */
function leave(name: string, ageSeconds: number): string {
  const path = join(folder, name)
  writeFileSync(path, 'left')
  const then = Date.now() / 1000 - ageSeconds
  utimesSync(path, then, then)
  return name
}

function save(): readonly string[] {
  const target = placeFor('--save', join(folder, 'model.st'))
  saveWhole('--save', target, 'saved')
  expect(readFileSync(target, 'utf8')).toBe('saved')
  rmSync(target)
  return readdirSync(folder)
}

const HOUR = 3600

test.each([
  ['this number', `.model.st.${process.pid}.01234567.part`, HOUR],
  ['this number, by its number alone', `.model.st.${process.pid}.part`, HOUR],
  ['a number that is gone', `.model.st.${ended}.01234567.part`, HOUR],
])('what a killed process of %s left goes away', (_, name, age) => {
  leave(name, age)
  expect(save()).toEqual([])
})

test.each([
  [
    'a process of this number has just written, perhaps in another container',
    `.model.st.${process.pid}.part`,
    1,
  ],
  ['a process that is gone here has just written', `.model.st.${ended}.01234567.part`, 1],
  ['a process that runs has', `.model.st.${process.ppid}.01234567.part`, HOUR],
  ['is of another file', `.model.${ended}.01234567.part`, HOUR],
  ['is of another file with a name that begins like it', `.model.st.st.${ended}.01234567.part`, HOUR],
  ['has another name', `.model.st.${ended}.part.bak`, HOUR],
])("what %s stays, and is in nobody's way", (_, name, age) => {
  leave(name, age)
  expect(save()).toEqual([name])
})

test("what cannot be removed is in nobody's way", () => {
  const name = `.model.st.${ended}.01234567.part`
  mkdirSync(join(folder, name))
  const then = Date.now() / 1000 - HOUR
  utimesSync(join(folder, name), then, then)
  expect(save()).toEqual([name])
})
