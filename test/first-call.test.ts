import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { functionsOf, LIST, withParentheses } from '../tsup.eager.js'
import { root } from './house/source.js'

const folderOf = (name: string) => join(root, 'packages', name)
const listOf = (name: string): string[] => JSON.parse(readFileSync(join(folderOf(name), LIST), 'utf8'))

/** Runs a module of JavaScript, and gives its results. */
const run = async (code: string) =>
  (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<string, unknown>

describe('functions in parentheses', () => {
  test.each([
    ['a function that is declared', 'a();function f(x){}', 'var f=(function f(x){});a();'],
    ['an asynchronous one', 'async function f(){}', 'var f=(async function f(){});'],
    ['a generator', 'function*f(){}', 'var f=(function*f(){});'],
    ['one by an arrow', 'var a=1,f=x=>x+1', 'var a=1,f=(x=>x+1)'],
    ['one by an expression', 'var f=function(){}', 'var f=(function(){})'],
    ['another name', 'var g=x=>x;function h(){}', 'var g=x=>x;function h(){}'],
    ['methods and what lies within', 'class C{f(){return ()=>1}}', 'class C{f(){return ()=>1}}'],
    ['a variable that is no function', 'var f=g(x=>x)', 'var f=g(x=>x)'],
  ])('%s', (_, code, expected) => {
    expect(withParentheses(code, new Set(['f'])).toString()).toBe(expected)
  })

  test('what is declared may be called before, by another, and from outside', async () => {
    const code =
      'export const first=f(3);function g(x){return f(x)+1}function f(x){return x>0?g(x-1):0}export{f}'
    const text = withParentheses(code, new Set(['f', 'g'])).toString()
    expect(text).toMatch(/^var g=\(.*var f=\(/)
    const [before, after] = [await run(code), await run(text)]
    expect(after['first']).toBe(before['first'])
    expect((after['f'] as (x: number) => number)(5)).toBe(5)
  })

  test('what cannot be parsed is an error', () => {
    expect(() => functionsOf('var f=(')).toThrow('found `EOF`')
  })
})

describe.each(['kernels', 'nn', 'tape'])('%s', name => {
  const file = join(folderOf(name), 'dist', 'index.js')
  const code = readFileSync(file, 'utf8')
  const listed = new Set(listOf(name))

  test('what is listed stands in parentheses, and nothing else', () => {
    const found = functionsOf(code)
    const standing = found.filter(({ node }) => code[node.start - 1] === '(' && code[node.end] === ')')
    const names = standing.map(({ name }) => name).sort()
    expect(names, '`npm run first-call` writes the lists').toEqual([...listed].sort())
    expect(found.length).toBeGreaterThan(2 * standing.length)
  })

  test('its source map tells where declared functions come from', () => {
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')))
    const declared = functionsOf(code).filter(({ node }) => node.type === 'FunctionExpression')
    expect(declared.length).toBeGreaterThan(5)
    for (const each of declared) {
      const before = code.slice(0, each.node.start).split('\n')
      const entry = map.findEntry(before.length - 1, before.at(-1)?.length ?? 0)
      if (!('originalSource' in entry)) throw new Error(`${each.name} has no source`)
      const source = readFileSync(join(file, '..', entry.originalSource), 'utf8')
      // Names that occur twice in a bundle are numbered.
      expect(source.split('\n')[entry.originalLine]).toContain(`function ${each.name.replace(/\d+$/, '')}`)
    }
  })
})

test('nine tenths of the lists and of what a first call runs are the same', () => {
  const script = pathToFileURL(join(root, 'scripts', 'first-call.mjs')).href
  const code = `const { namesOfFirstCall } = await import('${script}'); console.log(JSON.stringify(await namesOfFirstCall()))`
  const args = ['--input-type=module', '--eval', code]
  const run: Record<string, string[]> = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  const lists = Object.keys(run).flatMap(name => listOf(name).map(each => `${name}: ${each}`))
  const names = Object.entries(run).flatMap(([name, names]) => names.map(each => `${name}: ${each}`))
  const missing = names.filter(each => !lists.includes(each))
  const stale = lists.filter(each => !names.includes(each))
  expect(names.length).toBeGreaterThan(300)
  expect([...missing, ...stale].slice(names.length / 10), '`npm run first-call` writes the lists').toEqual([])
})
