import type { Aval, Program } from '../program/index.js'
import type { Producer, Storage } from './value.js'

/** A program, and the storages that its inputs and outputs stand for. */
export interface Slice {
  readonly program: Program
  readonly inputs: readonly Storage[]
  readonly outputs: readonly Storage[]
}

/** The program of everything that the results of an instruction are computed from. */
export function sliceOf(target: Producer): Slice {
  const needed = new Set<Producer>([target])
  const data = new Set<Storage>()
  for (const { operands } of needed) {
    for (const { storage } of operands) {
      if ('data' in storage.origin) data.add(storage)
      else needed.add(storage.origin)
    }
  }
  const avals: Aval[] = []
  const define = (aval: Aval) => avals.push(aval) - 1
  const place = new Map<Storage, number>()
  for (const storage of data) place.set(storage, define(storage.aval))
  const instructions: Program['instructions'][number][] = []
  const inOrder = [...needed].sort((a, b) => idOf(a) - idOf(b))
  for (const producer of inOrder) {
    const inputs = producer.operands.map(({ storage, aval }) => {
      const value = place.get(storage) as number
      if (storage.aval === aval) return value
      const reshaped = define(aval)
      instructions.push({
        op: 'reshape',
        inputs: [value],
        outputs: [reshaped],
        params: { shape: aval.shape },
      })
      return reshaped
    })
    const outputs = producer.single().outputs.map((aval, k) => {
      const result = producer.results[k] as Storage
      const value = define(aval)
      // Another instruction may compute the same values without more that this one gives.
      if (producer === target || result.origin === producer) place.set(result, value)
      return value
    })
    const { op, params, at } = producer
    instructions.push({ op, inputs, outputs, params, ...(at !== undefined && { at }) })
  }
  const outputs = target.results.slice(0, target.single().outputs.length)
  return {
    program: {
      avals,
      inputs: [...data].map(storage => place.get(storage) as number),
      constants: [],
      instructions,
      outputs: outputs.map(storage => place.get(storage) as number),
    },
    inputs: [...data],
    outputs,
  }
}

/** Instructions in the order of their results; operands come before. */
const idOf = ({ results }: Producer): number => (results.at(-1) as Storage).id
