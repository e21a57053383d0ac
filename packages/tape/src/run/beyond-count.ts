import { ShapeError } from '../errors.js'
import { type Aval, bytesOf, formatAval, type Program } from '../program/index.js'
import { describe } from './plan-or-refuse.js'
import { beyond } from './remedy.js'

/**
 * Holds the bytes of all values of a program, together, to what numbers count.
 *
 * @throws {@link ShapeError} from 2⁵³ bytes on, naming the largest value.
 */
export function checkCounted(program: Program, storageBytes: readonly number[]): void {
  const bytes = storageBytes.reduce((sum, each) => sum + each, 0)
  if (Number.isSafeInteger(bytes)) return
  const { avals, instructions } = program
  const sizes = avals.map(bytesOf)
  const largest = sizes.indexOf(Math.max(...sizes))
  const maker = instructions.find(({ outputs }) => outputs.includes(largest))
  throw new ShapeError({
    summary: `The values of the program have ${bytes.toPrecision(3)} bytes.`,
    expected: 'less than 2⁵³ bytes',
    at: maker ? describe(program, maker) : `%${largest} ${formatAval(avals[largest] as Aval)}`,
    fix: beyond(program),
    data: { bytes },
  })
}
