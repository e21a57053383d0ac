import { slotBytes } from '@wengert/kernels'
import {
  type Aval,
  avalsIn,
  bytesOf,
  controlOf,
  formatAval,
  type Params,
  paramsOf,
  writtenParams,
} from '../program/index.js'
import { type Arithmetic, featuresOf, instructionAlone, lower, moduleOf, type Unit } from '../run/index.js'

/** One instruction, ready to run at any addresses. */
export interface Single {
  readonly unit: Unit
  readonly module: WebAssembly.Module
  /** Keys of the kernels in the order in which the module has them. */
  readonly keys: readonly string[]
  readonly outputs: readonly Aval[]
  /** Bytes that it needs beside operands and results: scratch, in front of the records of its calls. */
  readonly scratchBytes: number
  readonly recordBytes: number
}

/** An instruction whose output is its first operand under another shape. */
export interface Alias {
  readonly outputs: readonly Aval[]
  readonly unit?: undefined
}

/** The latest last. */
const singles = new Map<string, Single | Alias>()
const SINGLE_CACHE = 512

/** Bytes of the slot of a value. */
export const slotOf = (aval: Aval): number => slotBytes(bytesOf(aval))

const ceil = (bytes: number): number => Math.ceil(bytes / 16) * 16

/**
 * Lowers an instruction by itself; what it runs is planned at its fastest if that fits so many bytes with operands and
 * results, and else with as few bytes as it can.
 *
 * @param operandBytes bytes of the operands, each counted once
 */
export function singleOf(
  op: string,
  avals: readonly Aval[],
  params: Params,
  arithmetic: Arithmetic,
  { operandBytes, limitBytes }: { readonly operandBytes: number; readonly limitBytes: number },
): Single | Alias {
  const name = `${op} ${avals.map(formatAval).join(' ')} ${writtenParams(params)} ${arithmetic}`
  const key = `${name} ${controlOf({ op, params }) ? limitBytes - operandBytes : ''}`
  const known = singles.get(key)
  if (known) singles.delete(key)
  const single = known ?? lowered(op, avals, params, arithmetic, limitBytes - operandBytes)
  singles.set(key, single)
  if (singles.size > SINGLE_CACHE) singles.delete(singles.keys().next().value as string)
  return single
}

function lowered(
  op: string,
  avals: readonly Aval[],
  params: Params,
  arithmetic: Arithmetic,
  freeBytes: number,
): Single | Alias {
  const program = instructionAlone(op, avals, params)
  const outputs = avalsIn(program, program.outputs)
  const [unit] = lower(program, [], 'ample').units
  if (!unit) return { outputs }
  const fitting =
    needOf(unit, outputs) > freeBytes && controlOf({ op, params })
      ? (lower(program, [], 'least').units[0] as Unit)
      : unit
  const unique = new Map(fitting.kernels.map(kernel => [kernel.key, kernel]))
  return {
    unit: fitting,
    module: moduleOf([...unique.values()], featuresOf(arithmetic), false),
    keys: [...unique.keys()],
    outputs,
    scratchBytes: ceil(fitting.scratchBytes),
    recordBytes: ceil(fitting.recordBytes),
  }
}

const needOf = ({ scratchBytes, recordBytes }: Unit, outputs: readonly Aval[]): number =>
  outputs.reduce((sum, aval) => sum + slotOf(aval), ceil(scratchBytes) + ceil(recordBytes))

/** Bytes of results, scratch and records. */
export const needBytesOf = ({ unit, outputs }: Single): number => needOf(unit, outputs)

/**
 * How an instruction runs while only its values are asked for: a scan without the carries before its steps, which its
 * pullback alone reads. The outputs are the first of those that the instruction has.
 */
export function withoutHistory(op: string, params: Params): Params {
  const control = controlOf({ op, params })
  return control?.kind === 'scan' && control.history.length > 0
    ? paramsOf({ ...control, history: [] })
    : params
}
