import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import recorded from './gradbench/cases.json' with { type: 'json' }
import { root } from './house/source.js'

interface Response {
  readonly id: number | null
  readonly tool?: string
  readonly success?: boolean
  readonly error?: string
  readonly output?: unknown
  readonly timings?: readonly { readonly name: string; readonly nanoseconds: number }[]
}

interface Case {
  readonly module: string
  readonly function: string
  readonly input: unknown
  readonly output: unknown
  /** Of what GradBench itself compares: |a − b| / max(1, |a| + |b|). */
  readonly tolerance?: number
}

/** The built command, spoken to a line at a time. */
class Session {
  readonly child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  #id = 0
  stderr = ''

  constructor() {
    this.child = spawn(process.execPath, [join(root, 'apps/cli/bin/wengert.js'), 'gradbench'])
    this.child.stderr.on('data', chunk => {
      this.stderr += chunk
    })
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]()
  }

  async line(text: string): Promise<Response> {
    this.child.stdin.write(`${text}\n`)
    const { value, done } = await this.#lines.next()
    if (done) throw new Error(`The command ended: ${this.stderr}`)
    return JSON.parse(value)
  }

  /** Sends a message with the next id, and expects the response to have it. */
  async send(message: object): Promise<Response> {
    const id = this.#id++
    const response = await this.line(JSON.stringify({ id, ...message }))
    expect(response.id).toBe(id)
    return response
  }

  evaluate(module: string, name: string, input: unknown): Promise<Response> {
    return this.send({ kind: 'evaluate', module, function: name, input })
  }

  /** Ends the input; resolves to the exit code. */
  async close(): Promise<number | null> {
    this.child.stdin.end()
    if (this.child.exitCode === null) await once(this.child, 'close')
    return this.child.exitCode
  }
}

let session: Session
beforeAll(() => {
  session = new Session()
})
afterAll(async () => {
  expect(await session.close()).toBe(0)
  expect(session.stderr).toBe('')
})

/** Where two values of JSON differ by more than the tolerance, as paths. */
function differences(expected: unknown, actual: unknown, tolerance: number, path = ''): string[] {
  if (typeof expected === 'number' && typeof actual === 'number') {
    const error = Math.abs(expected - actual) / Math.max(1, Math.abs(expected) + Math.abs(actual))
    return error <= tolerance ? [] : [`${path}: ${expected} ≠ ${actual}`]
  }
  if (typeof expected !== 'object' || typeof actual !== 'object' || !expected || !actual) {
    return [`${path}: ${JSON.stringify(expected)} and ${JSON.stringify(actual)}`]
  }
  const [left, right] = [expected, actual] as Record<string, unknown>[]
  const keys = [...new Set([...Object.keys(left!), ...Object.keys(right!)])]
  return keys.flatMap(key => differences(left![key], right![key], tolerance, `${path}.${key}`))
}

const cases: readonly Case[] = recorded.cases

describe('recorded cases', () => {
  test.each(cases.map((one, k) => [`${one.module} ${one.function}, case ${k}`, one] as const))(
    '%s',
    async (_, { module, function: name, input, output, tolerance = 1e-11 }) => {
      expect(await session.send({ kind: 'define', module })).toMatchObject({ success: true })
      const response = await session.evaluate(module, name, input)
      expect(response.error).toBeUndefined()
      expect(response.success).toBe(true)
      expect(differences(output, response.output, tolerance)).toEqual([])
    },
  )

  test('there is one of every function of every module', async () => {
    for (const module of new Set(cases.map(one => one.module))) {
      const { error } = await session.evaluate(module, 'nothing', {})
      const functions = /expected {2}(.*)/.exec(error ?? '')?.[1]?.split(', ')
      const covered = new Set(cases.filter(one => one.module === module).map(one => one.function))
      expect([...covered].sort()).toEqual(functions?.sort())
    }
    const { error } = await session.send({ kind: 'define', module: 'nothing' })
    const modules = /expected {2}(.*)/.exec(error ?? '')?.[1]?.split(', ')
    expect([...new Set(cases.map(one => one.module))].sort()).toEqual(modules?.sort())
  })
})

test('the Jacobian of a mirrored hand, against central differences', async () => {
  const { input } = cases.filter(one => one.module === 'ht').at(-1) as {
    input: { theta: number[]; data: object }
  }
  expect(input.data).toMatchObject({ model: { is_mirrored: true } })
  const { output } = await session.evaluate('ht', 'jacobian', input)
  const step = 1e-5
  const columns: number[][] = []
  for (const [k, angle] of input.theta.entries()) {
    const at = async (moved: number) => {
      const theta = input.theta.with(k, moved)
      return (await session.evaluate('ht', 'objective', { ...input, theta })).output as number[]
    }
    const [above, below] = [await at(angle + step), await at(angle - step)]
    columns.push(above.map((one, row) => (one - (below[row] as number)) / (2 * step)))
  }
  const rows = columns[0]!.map((_, row) => columns.map(column => column[row]))
  expect(differences(rows, output, 1e-8)).toEqual([])
})

describe('runs', () => {
  const input = { x: [1, 2, 3] }

  test.each([
    [1, 0],
    [7, 0],
    [0, 0],
  ])('at least %i of them', async (min_runs, min_seconds) => {
    const { timings = [] } = await session.evaluate('lse', 'gradient', { ...input, min_runs, min_seconds })
    const [prepare, ...runs] = timings
    expect(prepare?.name).toBe('prepare')
    expect(runs.map(({ name }) => name)).toEqual(new Array(Math.max(1, min_runs)).fill('evaluate'))
    for (const { nanoseconds } of timings) {
      expect(nanoseconds).toBeGreaterThan(0)
      expect(Number.isInteger(nanoseconds)).toBe(true)
    }
  })

  test('until they have taken so long, and no longer than they are said to', async () => {
    const start = process.hrtime.bigint()
    const { timings = [] } = await session.evaluate('lse', 'primal', {
      ...input,
      min_runs: 1,
      min_seconds: 0.2,
    })
    const elapsed = Number(process.hrtime.bigint() - start)
    const runs = timings.filter(({ name }) => name === 'evaluate').map(({ nanoseconds }) => nanoseconds)
    const total = runs.reduce((sum, one) => sum + one, 0)
    expect(total).toBeGreaterThanOrEqual(0.2e9)
    expect(total - (runs.at(-1) as number)).toBeLessThan(0.2e9)
    expect(total).toBeLessThanOrEqual(elapsed)
  })
})

describe('messages', () => {
  test('start, analysis, end and what is to come are acknowledged', async () => {
    expect(await session.send({ kind: 'start', eval: 'gmm', config: { seed: 1 } })).toMatchObject({
      tool: 'wengert',
    })
    for (const message of [
      { kind: 'analysis', of: 0, valid: false, error: 'no' },
      { kind: 'end' },
      { kind: 'news' },
    ]) {
      const { id, ...rest } = await session.send(message)
      expect(rest).toEqual({})
    }
  })

  test.each([
    ['text that is no JSON', '{"id": 3, '],
    ['an array', '[]'],
    ['null', 'null'],
    ['no id', '{"kind":"start"}'],
    ['an id that is text', '{"id":"1","kind":"start"}'],
  ])('%s', async (_, line) => {
    const { error, ...rest } = await session.line(line)
    expect(rest).toEqual({ id: null, success: false })
    expect(error).toMatch(/OptionError: .*\n\s+expected/)
  })

  test('errors', async () => {
    const errors: string[] = []
    const add = async (message: object) => {
      const { id, success, error, ...rest } = await session.send(message)
      expect([success, rest]).toEqual([false, {}])
      errors.push((error ?? '').replace(`\\"id\\":${id}`, '\\"id\\":1'))
    }
    const evaluate = (module: unknown, name: unknown, input?: unknown) =>
      add({ kind: 'evaluate', module, function: name, input })
    await add({})
    await add({ kind: 'define' })
    await add({ kind: 'define', module: 'constructor' })
    await evaluate('sorting', 'primal', {})
    await evaluate('llsq', 'toString', {})
    await evaluate('llsq', 7, {})
    await evaluate('llsq', 'primal')
    await evaluate('llsq', 'primal', { x: [1] })
    await evaluate('llsq', 'primal', { x: [1, 'two'], n: 4 })
    await evaluate('llsq', 'primal', { x: [], n: 4 })
    await evaluate('llsq', 'primal', { x: [1, 2], n: 1 })
    await evaluate('llsq', 'primal', { x: [1, 2], n: 4, min_runs: 'many' })
    await evaluate('kmeans', 'cost', { points: [[1, 2], [3]], centroids: [[1, 2]] })
    await evaluate('kmeans', 'cost', { points: [[1, 2]], centroids: [[1]] })
    await evaluate('det', 'primal', { A: [1, 2, 3], ell: 2 })
    await evaluate('det', 'primal', { A: [], ell: 40 })
    await evaluate('ode', 'primal', { x: [1], s: 1e9 })
    await evaluate('particle', 'rr', { w: -1e6 })
    await evaluate('gmm', 'objective', { d: 1, k: 1, n: 1, alpha: [[0]] })
    await evaluate('lse', 'primal', { x: [1e308, null] })
    await evaluate('hello', 'square', 1e200)
    await evaluate('hello', 'square', { x: 1 })
    expect(errors.join('\n')).toMatchInlineSnapshot(`
      "OptionError: \`kind\` is no text: "{\\"id\\":1}".
        expected  a message of the protocol, a JSON object on a line: { "id": 0, "kind": "start" }
      OptionError: There is no module without a name.
        expected  hello, llsq, lse, det, ode, gmm, kmeans, ht, ba, lstm, particle, saddle
      OptionError: There is no module "constructor".
        expected  hello, llsq, lse, det, ode, gmm, kmeans, ht, ba, lstm, particle, saddle
      OptionError: There is no module "sorting".
        expected  hello, llsq, lse, det, ode, gmm, kmeans, ht, ba, lstm, particle, saddle
      OptionError: There is no function "toString".
        expected  primal, gradient
      OptionError: There is no function 7.
        expected  primal, gradient
      OptionError: input is missing.
        expected  an object with a field "n"
      OptionError: input is {"x":[1]}.
        expected  an object with a field "n"
      OptionError: input.x is [1,"two"].
        expected  numbers in nested arrays of shape […]
      OptionError: input.x is [].
        expected  numbers in nested arrays of shape […]
      OptionError: input.n is 1.
        expected  a whole number of at least 2
      OptionError: input.min_runs is "many".
        expected  a finite number
      OptionError: input.points is [[1,2],[3]].
        expected  numbers in nested arrays of shape […,…]
      OptionError: input.centroids is [[1]].
        expected  numbers in nested arrays of shape […,2]
      OptionError: input.A is [1,2,3].
        expected  numbers in nested arrays of shape [4]
      OptionError: input.ell is 40.
        expected  a whole number of at least 1 and at most 16
      OptionError: input.s is 1000000000.
        expected  a whole number of at least 1 and at most 10000000
      OptionError: The loop has not ended after 10000 rounds.
        expected  an input for which it does
      OptionError: input.alpha is [[0]].
        expected  numbers in nested arrays of shape [1]
      OptionError: input.x is [1e+308,null].
        expected  numbers in nested arrays of shape […]
      OptionError: There is Infinity in the result.
        expected  finite numbers, which JSON can say
      OptionError: input is {"x":1}.
        expected  a finite number"
    `)
  })

  test('after all of that it still answers', async () => {
    expect(await session.evaluate('hello', 'square', 4)).toMatchObject({ success: true, output: 16 })
  })
})

test('a last line without its end is answered too, and blank lines are none', async () => {
  const one = new Session()
  one.child.stdin.write('\n  \r\n')
  one.child.stdin.end('{"id":8,"kind":"start"}')
  const [chunk] = await once(one.child.stdout, 'data')
  expect(String(chunk)).toBe('{"id":8,"tool":"wengert"}\n')
  expect(await one.close()).toBe(0)
})
