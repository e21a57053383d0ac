import { shift } from '@wengert/kernels'
import type { Plan } from '../plan/index.js'
import type { Lowered } from './lowered.js'
import type { Call } from './unit.js'

/** A planned program at an address: its calls, and where its values lie. */
export interface LaidOut {
  readonly calls: readonly Call[]
  /** Address of each input in the region, in the order of the graph's inputs. */
  readonly inputAddresses: readonly number[]
  /** Address of a value; of a value that is dropped or moved, the last it had. */
  addressOf(value: number): number
}

/**
 * Follows a plan and gives every call its addresses.
 *
 * @param base address of the planned region
 * @param externals addresses of the external inputs
 */
export function layOut(lowered: Lowered, plan: Plan, base: number, externals: readonly number[]): LaidOut {
  const { graph, storageOf, units, operands } = lowered
  const inputAddresses = plan.inputOffsets.map(offset => base + offset)
  const addresses = new Array<number>(graph.bytes.length).fill(-1)
  graph.inputs.forEach(({ storage }, k) => {
    addresses[storage] = inputAddresses[k] as number
  })
  const at = (storage: number) => (storage < 0 ? externals[-1 - storage] : addresses[storage]) as number
  const calls: Call[] = []
  for (const action of plan.actions) {
    if (action.kind === 'move') {
      const { storage, offset } = action
      const kernel = shift({ bytes: graph.bytes[storage] as number })
      calls.push({ kernel, inputs: [at(storage)], outputs: [base + offset], scratch: 0 })
      addresses[storage] = base + offset
    }
    if (action.kind !== 'run') continue
    const inputs = (operands[action.step] as readonly number[]).map(at)
    const outputs = action.offsets.map(offset => base + offset)
    graph.steps[action.step]?.outputs.forEach((storage, k) => {
      addresses[storage] = outputs[k] as number
    })
    const scratch = base + Math.max(0, action.scratchOffset)
    for (const call of units[action.step]?.calls({ inputs, outputs, scratch }) ?? []) calls.push(call)
  }
  return { calls, inputAddresses, addressOf: value => at(storageOf[value] as number) }
}
