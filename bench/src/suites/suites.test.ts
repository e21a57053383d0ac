import { describe, expect, test } from 'vitest'
import { disagreement } from '../contest/index.js'
import { drawn, type GivenTask, outputsOf, type Task } from '../engine/index.js'
import { ownEngine } from '../own/index.js'
import { objectives, suiteNames, suites } from './index.js'
import { type Numbers, references } from './references.js'

const given = (task: Task): GivenTask => ({
  ...task,
  rows: task.rows ?? [],
  arrays: Object.fromEntries(
    Object.entries(task.arrays).map(([name, spec]) => [
      name,
      { dtype: spec.dtype, shape: spec.shape, data: drawn(spec) },
    ]),
  ),
})

const norm = (x: ArrayLike<number>) => Math.sqrt(Array.from(x).reduce((sum, one) => sum + one * one, 0))

/** What an engine should find: the reference in loops, and its derivatives by central differences. */
function expected(task: Task): Record<string, number> {
  const { kind, settings, by } = task
  const f = references[kind]
  if (!f) throw new Error(`There is no reference for ${kind}.`)
  const numbers: Record<string, Numbers> = Object.fromEntries(
    Object.entries(task.arrays).map(([name, spec]) => [
      name,
      { shape: spec.shape, data: Float64Array.from(drawn(spec)) },
    ]),
  )
  if (by.length === 0) return { value: norm(f(numbers, settings)) }
  const loss = () => {
    const rows = f(numbers, settings)
    return Array.from(rows).reduce((sum, x) => sum + x, 0) / rows.length
  }
  const h = 1e-5
  const slopes = by.map(name => {
    const { data } = numbers[name] as Numbers
    const all = data.map((x, k) => {
      data[k] = x + h
      const above = loss()
      data[k] = x - h
      const below = loss()
      data[k] = x
      return (above - below) / (2 * h)
    })
    return [name, norm(all)]
  })
  return { loss: loss(), ...Object.fromEntries(slopes) }
}

describe.each(suiteNames)('%s', name => {
  test.each(suites[name].contests('tiny').map(contest => [contest.case, contest] as const))(
    '%s',
    async (_, { entrants }) => {
      const tasks = [...new Set(entrants.map(({ task }) => task))]
      const truths = new Map(tasks.map(task => [task, expected(task)]))
      for (const { task, options } of entrants) {
        const { workers, turbo: _, ...own } = options
        const engine = ownEngine(objectives)
        const prepared = await engine.prepare(given(task), { ...own, ...(workers && { workers: 0 }) })
        const outputs = outputsOf(task, prepared.results)
        const truth = truths.get(task) as Record<string, number>
        expect(Object.keys(outputs)).toEqual(Object.keys(truth))
        expect(disagreement(outputs, truth, task.tolerance)).toBeUndefined()
        await prepared.step()
        await prepared.close?.()
      }
    },
  )

  test('cases have names of their own, and so have their entrants', () => {
    const contests = suites[name].contests('full')
    expect(new Set(contests.map(contest => contest.case)).size).toBe(contests.length)
    for (const { entrants } of contests) {
      expect(new Set(entrants.map(entrant => entrant.name)).size).toBe(entrants.length)
    }
  })
})

test('the same numbers everywhere', () => {
  const [contest] = suites.mlp.contests('tiny')
  const task = contest?.peers as Task
  expect(Array.from(drawn(task.arrays['y'] as Task['arrays'][string]))).toMatchInlineSnapshot(`
    [
      1,
      0,
      0,
      1,
      1,
      0,
    ]
  `)
  expect(Array.from(drawn(task.arrays['b1'] as Task['arrays'][string]))).toMatchInlineSnapshot(`
    [
      -0.0735139474272728,
      0.042185306549072266,
      0.034139834344387054,
      0.09131695330142975,
    ]
  `)
})

test('what is not known is refused', async () => {
  const task = { ...given(suites.ode.contests('tiny')[0]?.peers as Task), kind: 'weather' }
  await expect(ownEngine(objectives).prepare(task, { how: 'call' })).rejects.toThrow('no task `weather`')
})
