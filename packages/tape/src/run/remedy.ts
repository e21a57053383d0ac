import { type Control, controlOf, formatByteSize, type Program, sizeOf } from '../program/index.js'
import { ARENA_LIMIT_BYTES, PAGE_BYTES } from './arena.js'

/** Values of so few elements are of no batch and no layer. */
const FEW_ELEMENTS = 16

/** How to mend that a program takes so many bytes. A single page is the fewest there are. */
export function remedyOf(program: Program, leastBytes: number): string {
  if (leastBytes > ARENA_LIMIT_BYTES) return beyond(program)
  const bytes = `give it ${leastBytes} bytes (${formatByteSize(leastBytes, 'up')})`
  return leastBytes <= PAGE_BYTES ? bytes : `${bytes}, or use ${lessOf(program)}`
}

/** What helps where no memory is large enough. */
export const beyond = (program: Program): string =>
  `use ${lessOf(program)}, since one memory has at most 4 GiB`

/** What would take fewer bytes. Of arrays with an entry for each step of a loop an entry counts. */
function lessOf({ avals, instructions }: Program): string {
  const loops = instructions.map(controlOf).filter(isLoop)
  const lengths = new Set(loops.map(loop => ('length' in loop ? loop.length : undefined)))
  const isScalar = avals.every(({ shape }) => {
    const isOfSteps = lengths.has(shape[0])
    return sizeOf(isOfSteps ? shape.slice(1) : shape) <= FEW_ELEMENTS
  })
  if (loops.length > 0) return isScalar ? 'fewer steps' : 'smaller batches or layers, or fewer steps'
  return isScalar
    ? 'fewer operations, or a `forLoop` or `scan` for those that repeat'
    : 'smaller batches or layers'
}

const isLoop = (control: Control | undefined): control is Control =>
  control !== undefined && control.kind !== 'call' && control.kind !== 'cond'
