import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faceExports } from './face.js'

const files: Record<string, string> = {
  'index.ts': `
    export { a, b as c } from './a.js'
    export type { T } from './a.js'
    export * from './deep/index.js'
    export * from '@wengert/elsewhere'
    export { far } from '@wengert/elsewhere'
    import { passed } from './a.js'
    export { passed }
    /** Written here. */
    export const arrow = (x: number) => x
    export const {
      /** Taken apart. */
      left,
      right,
    } = pair`,
  'a.ts': `
    /** A function. */
    export function a(x: number): void
    /** Its other overload.
     * @example a() */
    export function a(): void
    export function a(): void {}

    /** A class. */
    class b {}
    export { b }
    /** A type. */
    export type T = 1
    /** Not this one. */

    // because of this line
    export let passed = 1`,
  'deep/index.ts': `
    export * from './b.js'`,
  'deep/b.ts': `
    /** A value and a type. */
    export interface Both {}
    export const Both = make()
    export * from './index.js'`,
}
const read = (path: string) => files[path.replaceAll('\\', '/')] ?? ''

test('exports are followed to their declarations and comments', () => {
  const found = faceExports('index.ts', read).map(({ name, kind, file, docs }) => [
    name,
    kind,
    file,
    docs.map(({ summary }) => summary).join(' '),
  ])
  expect(found).toEqual([
    ['a', 'function', 'a.ts', 'A function. Its other overload.'],
    ['c', 'class', 'a.ts', 'A class.'],
    ['T', 'type', 'a.ts', 'A type.'],
    ['passed', 'value', 'a.ts', ''],
    ['arrow', 'function', 'index.ts', 'Written here.'],
    ['left', 'value', 'index.ts', 'Taken apart.'],
    ['right', 'value', 'index.ts', ''],
    ['Both', 'value', join('deep', 'b.ts'), 'A value and a type.'],
  ])
})

test('examples belong to the overload they are written at', () => {
  const [a] = faceExports('index.ts', read)
  expect(a?.docs.flatMap(({ examples }) => examples)).toMatchObject([{ code: 'a()', line: 5 }])
})

test('a name that is nowhere is left out', () => {
  const circle = () => "export { x } from './index.js'\nexport * from './index.js'"
  expect(faceExports('index.ts', circle)).toEqual([])
})
