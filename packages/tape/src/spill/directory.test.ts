import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { thrownBy } from '@wengert/testkit'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OptionError, SpillError } from '../errors.js'
import { grad, type Tensor } from '../index.js'
import { directoryStore, type FileSystem } from './directory.js'
import { storeOf } from './option.js'
import { recordStore } from './store.js'

let directory: string
beforeEach(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'wengert-'))
})
afterEach(() => fs.rmSync(directory, { recursive: true }))

const random = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, k) => Math.imul(k + seed, 0x9e3779b1) >>> 13)

/** A system that does not unlink what is open: the file keeps its name, and so can be altered. */
function named() {
  const open = new Set<number>()
  const system = {
    ...fs,
    openSync: (...args: Parameters<typeof fs.openSync>) => {
      const descriptor = fs.openSync(...args)
      open.add(descriptor)
      return descriptor
    },
    closeSync: (descriptor: number) => {
      open.delete(descriptor)
      fs.closeSync(descriptor)
    },
    unlinkSync: (path: fs.PathLike) => {
      if (open.size > 0) throw new Error('EBUSY')
      fs.unlinkSync(path)
    },
  }
  const store = directoryStore({ directory }, system)
  const path = () => join(directory, fs.readdirSync(directory)[0] as string)
  return { store, path }
}

const caught = (act: () => unknown) => thrownBy(act, SpillError)

describe('a store in a directory', () => {
  test('gives back what it was given, in any order and from any memory', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.record({ slot: fc.nat(40), length: fc.integer({ min: 1, max: 512 }) }), {
          selector: ({ slot }) => slot,
        }),
        fc.boolean(),
        (records, shared) => {
          const store = directoryStore({ directory })
          const bytesOf = (length: number) =>
            new Uint8Array(shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length))
          for (const { slot, length } of records) {
            const bytes = bytesOf(length)
            bytes.set(random(length, slot))
            store.write(slot, bytes)
          }
          for (const { slot, length } of records.toReversed()) {
            const bytes = bytesOf(length)
            store.read(slot, bytes)
            expect(Array.from(bytes)).toEqual(Array.from(random(length, slot)))
          }
          store.clear()
        },
      ),
      { numRuns: 30 },
    )
  })

  test('its file has no name, and is there from the first record of a run to the end of it', () => {
    const descriptors = () => fs.readdirSync('/dev/fd').length
    const before = descriptors()
    const store = directoryStore({ directory })
    expect(descriptors()).toBe(before)
    for (let run = 0; run < 3; run++) {
      store.write(0, random(5000))
      expect(fs.readdirSync(directory)).toEqual([])
      expect(descriptors()).toBe(before + 1)
      store.clear()
      expect(descriptors()).toBe(before)
    }
    expect(caught(() => store.read(0, random(5000))).message).toContain('one of run 3.')
  })

  test('a file that could not be unlinked at once is removed after the run', () => {
    const { store, path } = named()
    store.write(0, random(100))
    expect(path()).toMatch(/wengert-spill-\d+-[0-9a-f]{32}$/)
    store.clear()
    expect(fs.readdirSync(directory)).toEqual([])
  })

  test('removes what killed processes left, and nothing else', () => {
    const gone = Number(execFileSync(process.execPath, ['-p', 'process.pid']))
    const file = (pid: number) => `wengert-spill-${pid}-${'0'.repeat(32)}`
    const others = [file(process.pid), 'wengert-spill-notes.txt', `${file(gone)}.txt`]
    for (const name of [...others, file(gone)]) fs.writeFileSync(join(directory, name), '')
    const store = directoryStore({ directory })
    store.write(0, random(1))
    store.clear()
    expect(fs.readdirSync(directory).toSorted()).toEqual(others.toSorted())
  })
})

describe('what goes wrong', () => {
  test('an altered byte, wherever it is', () => {
    for (const at of [0, 511, 512, 1999]) {
      const { store, path } = named()
      store.write(1, random(2000))
      const descriptor = fs.openSync(path(), 'r+')
      fs.writeSync(descriptor, new Uint8Array([(random(2000)[at] as number) ^ 1]), 0, 1, 512 + at)
      fs.closeSync(descriptor)
      const error = caught(() => store.read(1, new Uint8Array(2000)))
      expect(error.message).toMatch(/not what was written: checksum [0-9a-f]{8}.*\n.*checksum [0-9a-f]{8}/)
      store.clear()
    }
  })

  test('a truncated file', () => {
    const { store, path } = named()
    store.write(0, random(2000))
    fs.truncateSync(path(), 1990)
    const { message } = caught(() => store.read(0, new Uint8Array(2000)))
    expect(message.replace(directory, '/there')).toMatchInlineSnapshot(`
      "What was read is not what was written: 1990 bytes.
        expected  2000 bytes
        at        /there, from byte 0 on
        fix       nothing else may write there; see whether the device is sound"
    `)
    store.clear()
  })

  test('another number of bytes, and a record that never was', () => {
    const store = directoryStore({ directory })
    store.write(0, random(10))
    expect(caught(() => store.read(0, new Uint8Array(11))).message).toContain('11 bytes')
    expect(caught(() => store.read(1, new Uint8Array(10))).message).toContain('no bytes')
    store.clear()
  })

  test('a record beyond the bytes of the store', () => {
    const store = directoryStore({ directory, bytes: '1 KiB' })
    store.write(1, random(512))
    const error = caught(() => store.write(1, random(513)))
    expect(error.data).toEqual({ operation: 'write', bytes: 1024, needed: 1025 })
    store.clear()
  })

  test('a host that writes nothing', () => {
    const nowhere = recordStore({ name: 'nowhere', write: () => 0, read: () => 0, clear: () => {} }, 100)
    expect(caught(() => nowhere.write(0, random(1))).data).toEqual({ operation: 'write', bytes: 1 })
  })

  const denied = () => {
    throw Object.assign(new Error('no'), { code: 'EACCES' })
  }
  test.each<[string, string, string, Partial<FileSystem>?]>([
    ['that is not there', 'none', 'ENOENT'],
    ['that is a file', 'file', 'ENOTDIR'],
    ['that may not be read', '.', 'EACCES', { readdirSync: denied }],
    ['that may not be written', '.', 'EACCES', { accessSync: denied }],
  ])('a directory %s, when the store is made', (_, name, systemCode, system = {}) => {
    fs.writeFileSync(join(directory, 'file'), '')
    const path = join(directory, name)
    const error = caught(() => directoryStore({ directory: path }, { ...fs, ...system }))
    expect(error.data).toEqual({ operation: 'open', directory: path, systemCode })
    expect((error.cause as { code: string }).code).toBe(systemCode)
    expect(error.parts.at).toMatch(/^directory\.test\.ts:\d+:\d+$/)
  })

  test('a directory that is gone by the time of a record', () => {
    const path = join(directory, 'soon')
    fs.mkdirSync(path)
    const store = directoryStore({ directory: path })
    fs.rmdirSync(path)
    expect(caught(() => store.write(0, random(1))).data.systemCode).toBe('ENOENT')
  })

  test('a host without files', () => {
    const { getBuiltinModule } = process
    try {
      process.getBuiltinModule = (() => undefined) as never
      expect(caught(() => directoryStore({ directory })).message).toMatch(/^There are no files here\./)
    } finally {
      process.getBuiltinModule = getBuiltinModule
    }
  })

  test('an option of a transformation that names no directory, before anything is run', () => {
    const spill = { directory: join(directory, 'none') }
    const error = caught(() => grad((x: Tensor) => x.square(), { memory: '1 MiB', spill }))
    expect(error.data).toMatchObject({ systemCode: 'ENOENT' })
    expect(error.parts.at).toMatch(/^directory\.test\.ts:\d+:\d+$/)
  })

  test.each<[unknown]>([['/tmp'], [{}], [{ directory: '' }], [{ directory: '/tmp', size: 3 }], [7], [null]])(
    'an option that is none: %j',
    spill => expect(() => storeOf(spill as never)).toThrow(OptionError),
  )

  test('a size that is none', () => {
    expect(() => storeOf({ directory, bytes: 'much' })).toThrow(OptionError)
  })
})
