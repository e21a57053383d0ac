import type { PreparedFacts } from '../engine/index.js'

/**
 * Says where an engine's results differ from those of the reference by more than a share of the larger, or undefined if
 * they agree. Results that only one of them has are not compared.
 *
 * @example
 * disagreement({ loss: 1.25 }, { loss: 1.5 }, 0.01) // → 'loss is 1.25, not 1.5'
 * disagreement({ loss: 1.25 }, { loss: 1.251 }, 0.01) // → undefined
 */
export function disagreement(
  outputs: PreparedFacts['outputs'],
  reference: PreparedFacts['outputs'],
  tolerance: number,
): string | undefined {
  const shown = (x: number) => Number(x.toPrecision(6))
  for (const [name, value] of Object.entries(outputs)) {
    const expected = reference[name]
    if (expected === undefined) continue
    // Numbers that JSON has no word for arrive as null.
    const apart = Math.abs((value ?? Number.NaN) - expected)
    if (apart <= tolerance * Math.max(Math.abs(value), Math.abs(expected))) continue
    return `${name} is ${shown(value ?? Number.NaN)}, not ${shown(expected)}`
  }
  return undefined
}
