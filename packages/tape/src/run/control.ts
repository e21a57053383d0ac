/**
 * Control flow as calls within calls: the programs inside of an instruction are planned once, in a region of its
 * scratch, and loops and branches run their calls from there. What a program reads from outside stays where it is.
 */
import { branch, repeat } from '@wengert/kernels'
import { type Aval, avalsIn, type Control, type Program } from '../program/index.js'
import { withoutSums } from './accumulate.js'
import { HandOver, moves } from './hand-over.js'
import { begin } from './initial.js'
import type { Place } from './lowered.js'
import type { Enclose, Region } from './region.js'
import { lowerRevolve } from './revolve.js'
import { lowerRewind, unwindAlone } from './rewind.js'
import { movingCost, putRow, sampleRow, spillingCost, spillRow, takeRow } from './rows.js'
import { type Types, type Unit, unit } from './unit.js'
import { lowerWhile } from './while.js'

/** The unit of an instruction that runs programs. */
export function lowerControl(control: Control, types: Types, enclose: Enclose): Unit {
  const outside = (program: Program) =>
    enclose(
      program,
      program.inputs.map(() => 'external'),
    )
  switch (control.kind) {
    case 'call':
      return call(types, outside(control.body))
    case 'cond':
      return cond(types, outside(control.whenTrue), outside(control.whenFalse))
    case 'while':
      return lowerWhile(control, types, enclose)
    case 'unwind':
      return call(types, outside(unwindAlone(control, types)))
    case 'rewind':
      return lowerRewind(control, types, enclose)
    case 'scan':
      return scan(control, types, enclose)
    case 'revolve':
      return lowerRevolve(control, types, enclose)
  }
}

function call(types: Types, region: Region): Unit {
  return unit(types, region.bytes, region.cost, ({ inputs, outputs, scratch }) => {
    const body = region.at(scratch, inputs)
    return [...body.calls, ...moves(types.outputs, body.outputs, outputs)]
  })
}

function cond(types: Types, whenTrue: Region, whenFalse: Region): Unit {
  const cost = Math.max(whenTrue.cost, whenFalse.cost)
  const bytes = Math.max(whenTrue.bytes, whenFalse.bytes)
  return unit(types, bytes, cost, ({ inputs: [condition, ...operands], outputs, scratch }) => {
    const lists = [whenTrue, whenFalse].map(region => {
      const body = region.at(scratch, operands)
      return [...body.calls, ...moves(types.outputs, body.outputs, outputs)]
    })
    return [{ kernel: branch(), inputs: [condition as number], outputs: [], scratch: 0, lists }]
  })
}

function scan(
  { body, length, reverse, constants, carries, history, every, tail, spill }: Control & { kind: 'scan' },
  types: Types,
  enclose: Enclose,
): Unit {
  const places = body.inputs.map((_, k): Place => (k < constants + carries ? 'external' : 'passing'))
  const step = withoutSums(body, constants, carries)
  const region = enclose(step.program, places)
  const rows = avalsIn(body, body.inputs.slice(constants + carries))
  const [state, results] = [types.outputs.slice(0, carries), avalsIn(body, body.outputs.slice(carries))]
  const next = new HandOver(state, region, constants, step)
  // The last results come from the last steps alone, the states from those before.
  const [whole, before] = [results.length - (tail?.results ?? 0), length - (tail?.steps ?? 0)]
  const [ofAll, ofLast] = [results.slice(0, whole), results.slice(whole)]
  const past = history.map(index => state[index] as Aval)
  const cost =
    length * (region.cost + movingCost([...rows, ...ofAll]) + next.cost) +
    (length - before) * movingCost(ofLast) +
    Math.ceil(before / (every ?? 1)) * (spill ? spillingCost(past) : movingCost(past))
  const last = reverse ? { from: length - 1 } : {}
  return unit(
    types,
    region.bytes + 16 + next.bytes,
    cost,
    ({ inputs: sources, outputs: targets, scratch }) => {
      const counter = scratch + region.bytes
      const carry = targets.slice(0, carries)
      const laid = region.at(scratch, [...sources.slice(0, constants), ...carry])
      const arrays = sources.slice(constants + carries)
      const take = rows.map((aval, k) =>
        takeRow(aval, arrays[k] as number, laid.inputAddresses[k] as number, counter),
      )
      const sampled = history.map((index, k) => {
        const [aval, from] = [state[index] as Aval, carry[index] as number]
        const array = targets[carries + results.length + k] as number
        if (every === undefined) return putRow(aval, from, array, counter)
        const turns = { every, end: before, ...last }
        return spill
          ? spillRow(aval, from, spill[k] as number, counter, turns)
          : sampleRow(aval, from, array, counter, turns)
      })
      const put = results.map((aval, k) => {
        const [from, array] = [laid.outputs[carries + k] as number, targets[carries + k] as number]
        if (k < whole) return putRow(aval, from, array, counter)
        return sampleRow(aval, from, array, counter, { every: 1, first: before, ...last })
      })
      const list = [
        ...take,
        ...sampled,
        ...laid.calls,
        ...put,
        ...next.calls(laid.outputs, carry, counter + 16),
      ]
      return [
        ...begin(state, types.inputs.slice(constants), sources.slice(constants), carry),
        {
          kernel: repeat({ times: length, reverse }),
          inputs: [],
          outputs: [counter],
          scratch: 0,
          lists: [list],
        },
      ]
    },
  )
}
