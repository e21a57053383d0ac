import { rowMajor } from '../shape.js'

/** A walk over rows: lengths of the axes, and strides in elements of each operand along them. */
export interface Walk {
  readonly lengths: readonly number[]
  /** `strides[k][axis]` for operand k. */
  readonly strides: readonly (readonly number[])[]
}

/**
 * Strides of a row-major array broadcast to another shape by NumPy's rule: 0 along axes it lacks or where its
 * length is 1.
 *
 * @throws RangeError if a length is neither 1 nor that of the shape.
 */
export function broadcastStrides(name: string, from: readonly number[], to: readonly number[]): number[] {
  const missing = to.length - from.length
  const own = rowMajor(from)
  const strides = to.map((length, axis) => {
    const mine = axis < missing ? 1 : (from[axis - missing] as number)
    if (mine !== 1 && mine !== length) throw notBroadcast(name, from, to)
    return mine === 1 ? 0 : (own[axis - missing] as number)
  })
  if (missing < 0) throw notBroadcast(name, from, to)
  return strides
}

const notBroadcast = (name: string, from: readonly number[], to: readonly number[]) =>
  new RangeError(`${name}: expected an operand that broadcasts to [${to}], got [${from}]`)

/**
 * The same walk with as few axes as possible: axes of length 1 go, and two neighbours become one where every
 * operand steps from the end of the inner one to its next beginning. An empty walk becomes one axis of length 1.
 */
export function collapse({ lengths, strides }: Walk): Walk {
  const axes: { length: number; steps: number[] }[] = []
  lengths.forEach((length, axis) => {
    if (length === 1) return
    const steps = strides.map(operand => operand[axis] as number)
    const outer = axes.at(-1)
    if (outer?.steps.every((step, k) => step === (steps[k] as number) * length)) {
      outer.length *= length
      outer.steps = steps
    } else {
      axes.push({ length, steps })
    }
  })
  if (axes.length === 0) axes.push({ length: 1, steps: strides.map(() => 1) })
  return {
    lengths: axes.map(({ length }) => length),
    strides: strides.map((_, k) => axes.map(({ steps }) => steps[k] as number)),
  }
}
