import { readFileSync } from 'node:fs'
import { Arena, allocate, compile, formatAval, type Program } from '@wengert/tape'
import { expect, test } from 'vitest'
import { type ModelName, type ModelOptions, modelNames, models } from './index.js'

/** Outputs of a program for inputs of zeros, by aval; of several with one aval, the last. */
function atZero(program: Program): ReadonlyMap<string, readonly number[]> {
  const arena = new Arena()
  arena.load(compile(program))
  program.inputs.forEach((value, k) => void arena.write(k, allocate(program.avals[value]!)))
  arena.run()
  return new Map(
    program.outputs.map((value, k) => [formatAval(program.avals[value]!), Array.from(arena.read(k), Number)]),
  )
}

test.each<[ModelName, number, ModelOptions]>([
  ['mlp', 10, { batch: 3, hidden: [7, 5] }],
  ['cnn', 10, { batch: 3 }],
  ['lstm', 256, { batch: 3, hidden: [7, 5], steps: 4 }],
  ['transformer', 256, { batch: 3, steps: 5, layers: 2, width: 8, heads: 2 }],
])('%s: without weights, all %i classes are as likely', (name, classes, options) => {
  const { program } = models[name].gradient(options)
  const [params, gradients] = [program.inputs.slice(0, -2), program.outputs].map(values =>
    values.map(value => formatAval(program.avals[value]!)).toSorted(),
  )
  expect(gradients).toEqual([...(params ?? []), 'f32[]'].toSorted())

  const outputs = atZero(program)
  expect(outputs.get('f32[]')?.[0]).toBeCloseTo(Math.log(classes), 5)
  // softmax − label, whose mean over rows and steps is the gradient of the last bias
  const [label, ...others] = outputs.get(`f32[${classes}]`) ?? []
  expect(label).toBeCloseTo(1 / classes - 1, 5)
  for (const other of others) expect(other).toBeCloseTo(1 / classes, 5)
})

test.each(modelNames)('%s: instructions know which call of the model they come from', name => {
  const { program } = models[name].gradient({})
  const places = new Set(program.instructions.map(({ at }) => at))
  for (const place of places) {
    const [, file, line, column] = /^(\w+\.ts):(\d+):(\d+)$/.exec(place ?? '') ?? []
    expect([`${name}.ts`, 'model.ts'], place).toContain(file)
    const source = readFileSync(new URL(file as string, import.meta.url), 'utf8').split('\n')
    expect(source[Number(line) - 1]?.slice(Number(column) - 1)).toMatch(/^\w+\(/)
  }
})
