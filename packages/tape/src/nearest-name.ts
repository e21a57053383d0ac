/** What other libraries call an option or a parameter, beside its name here. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  axis: ['axes', 'dim', 'dims'],
  b: ['bias', 'biases'],
  ddof: ['correction'],
  deviation: ['std', 'stddev', 'sigma', 'scale'],
  epsilon: ['eps'],
  heads: ['numHeads'],
  high: ['max', 'maxval'],
  low: ['min', 'minval'],
  mean: ['mu', 'loc'],
  rate: ['lr', 'learningRate', 'stepSize'],
  scale: ['weight', 'gamma'],
  sizes: ['layers', 'units'],
  shift: ['bias', 'beta', 'offset'],
  smoothing: ['labelSmoothing'],
  table: ['weight', 'embedding'],
  variance: ['var'],
  w: ['weight', 'weights', 'kernel', 'filter'],
}

const plain = (name: string) => name.toLowerCase().replaceAll('_', '')

/**
 * The name that was meant by one that there is not: it differs in case or underscores, is what others say for it, or
 * is one or two slips of the keyboard away (one, of fewer than six letters; none, of fewer than three).
 *
 * @returns undefined where nothing is near.
 * @example
 * nearestName('keepDims', ['axis', 'keepdims']) // → 'keepdims'
 * nearestName('momentom', ['rate', 'momentum']) // → 'momentum'
 * nearestName('lr', ['rate', 'momentum']) // → 'rate'
 * nearestName('colour', ['rate', 'momentum']) // → undefined
 */
export function nearestName(wrong: string, names: readonly string[]): string | undefined {
  const said = plain(wrong)
  const same = names.find(name => plain(name) === said)
  const synonym = names.find(name => SYNONYMS[name]?.some(other => plain(other) === said))
  if (same ?? synonym) return same ?? synonym
  const near = names.map(name => ({ name, slips: slips(said, plain(name)) }))
  near.sort((a, b) => a.slips - b.slips)
  const [nearest] = near
  const allowed = said.length < 3 ? 0 : said.length < 6 ? 1 : 2
  return nearest && nearest.slips <= allowed ? nearest.name : undefined
}

/**
 * How many letters are wrong, missing, too many or swapped with their neighbour: the distance of Damerau 1964 in which no
 * part is edited twice.
 */
function slips(a: string, b: string): number {
  // rows[i][j]: from the first i letters of a to the first j of b.
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const at = (up: number, left: number) => (rows[i - up] ?? row)[j - left] as number
      const wrong = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row.push(Math.min(at(1, 0) + 1, at(0, 1) + 1, at(1, 1) + wrong, swapped ? at(2, 2) + 1 : Infinity))
    }
    rows.push(row)
  }
  return (rows[a.length] as number[])[b.length] as number
}
