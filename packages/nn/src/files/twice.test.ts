import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nameTwice } from './twice.js'

const name = fc.oneof(fc.constantFrom('', '"', '\\', ':', '{', '\\"', '__proto__'), fc.string())
/** A text as JSON has it, in one of its ways. */
const written = (text: string, escaped: boolean) =>
  escaped
    ? `"${Array.from({ length: text.length }, (_, k) => `\\u${text.charCodeAt(k).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(text)
type Members = readonly (readonly [name: string, escaped: boolean, json: string])[]
const objectOf = (members: Members) =>
  `{ ${members.map(([name, escaped, json]) => `${written(name, escaped)} :${json}`).join(',')}}`
const repeated = (members: Members) =>
  members.map(([name]) => name).filter((name, k, names) => names.indexOf(name) !== k)

const members = (json: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(name, fc.boolean(), json), { maxLength: 5 }) as fc.Arbitrary<Members>
const json = fc.jsonValue().map(value => JSON.stringify(value))

test('finds a name that is there twice, and no other', () => {
  fc.assert(
    fc.property(members(json), outer => {
      const twice = repeated(outer)
      const found = nameTwice(objectOf(outer))
      if (twice.length === 0) expect(found).toBeUndefined()
      else expect(twice).toContain(found)
    }),
  )
  fc.assert(
    fc.property(fc.array(members(json), { maxLength: 4 }), inner => {
      const twice = inner.flatMap(repeated)
      const found = nameTwice(objectOf(inner.map((one, k) => [String(k), false, objectOf(one)])))
      if (twice.length === 0) expect(found).toBeUndefined()
      else expect(twice).toContain(found)
    }),
  )
})

test('objects in objects in objects are passed over', () => {
  expect(nameTwice('{"a":{"b":{"c":1,"c":2}},"d":[{"e":1,"e":2}]}')).toBeUndefined()
})
