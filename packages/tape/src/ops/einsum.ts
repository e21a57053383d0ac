import { DTypeError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument } from '../options.js'
import { isFloat, sizeOf } from '../program/index.js'
import { checkTensorList, type Tensor } from '../record/index.js'
import { mul } from './arithmetic.js'
import { matmul } from './matmul.js'
import { diagonals, written } from './matrices.js'
import { broadcastTo, sum } from './reduction.js'
import { reshape, transpose } from './shape.js'
import { type Label, parseSubscripts } from './subscripts.js'

/** A tensor whose axes have labels, each at most once. */
interface Labelled {
  readonly x: Tensor
  readonly labels: readonly Label[]
}

/**
 * Einstein summation by NumPy's rules: `'ij,jk->ik'` is the product of matrices. Labels that the result lacks are
 * summed over; a label that an operand has twice takes its diagonal; without `->` the labels that occur once are the
 * result, in alphabetical order; `...` stands for all other axes, and broadcasts, as axes of length 1 do.
 *
 * Operands are contracted in pairs, the pair with the fewest FLOP first (of equal ones the one with the smallest
 * result), each as one product of matrices with a batch.
 *
 * @throws {@link OptionError} for malformed subscripts; {@link ShapeError} if they do not fit the operands;
 * {@link DTypeError} if dtypes differ or are bool.
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * einsum('ij,jk->ik', x, x).toArray() // → [[7, 10], [15, 22]]
 * einsum('ii', x).item() // → 5
 * einsum('...i,...i', x, tensor([1, 1])).toArray() // → [3, 7]
 * einsum('ij,jk->il', x, x) // → throws OPTION
 */
export function einsum(subscripts: string, ...operands: readonly Tensor[]): Tensor {
  checkArgument(
    'einsum',
    'the subscripts',
    subscripts,
    typeof subscripts === 'string',
    "text, such as 'ij,jk->ik'",
  )
  checkTensorList('einsum', operands)
  const { inputs, output, lengths } = parseSubscripts(subscripts, operands)
  checkDTypes(operands)
  let terms = operands.map((x, k) => labelled(x, inputs[k] as readonly Label[], lengths))
  while (terms.length > 1) {
    const [i, j] = cheapest(terms, output, lengths)
    const [x, y] = [terms[i], terms[j]] as [Labelled, Labelled]
    const others = terms.filter((_, k) => k !== i && k !== j)
    terms = [...others, pair(x, y, [...output, ...others.flatMap(({ labels }) => labels)])]
  }
  const { x, labels } = summed(terms[0] as Labelled, output)
  const present = output.filter(label => labels.includes(label))
  const ordered = transpose(
    x,
    present.map(label => labels.indexOf(label)),
  )
  const shape = output.map(label => lengths.get(label) as number)
  // A label that every operand had with length 1 was dropped.
  return present.length === output.length ? ordered : broadcastTo(reshape(ordered, shape), shape)
}

function checkDTypes(operands: readonly Tensor[]): void {
  const dtype = (operands[0] as Tensor).dtype
  if (dtype !== 'bool' && operands.every(x => x.dtype === dtype)) return
  throw new DTypeError({
    summary: `einsum: dtypes do not fit: ${written(operands)}.`,
    expected: 'operands of one dtype among f32, f64, i32',
    at: callerLocation(),
    fix: "convert with x.convert('f32')",
  })
}

/** Takes diagonals of labels that occur twice, and drops axes of length 1, which broadcasting makes superfluous. */
function labelled(x: Tensor, labels: readonly Label[], lengths: ReadonlyMap<Label, number>): Labelled {
  const repeated = labels.find((label, k) => labels.indexOf(label) !== k)
  if (repeated !== undefined) {
    const [i, j] = [labels.indexOf(repeated), labels.lastIndexOf(repeated)]
    const rest = labels.flatMap((_, k) => (k === i || k === j ? [] : [k]))
    const own = [...rest.map(k => labels[k] as Label), repeated]
    return labelled(diagonals(transpose(x, [...rest, i, j])), own, lengths)
  }
  const kept = labels.flatMap((_, k) => (x.shape[k] === 1 ? [] : [k]))
  return {
    x: reshape(
      x,
      kept.map(k => x.shape[k] as number),
    ),
    labels: kept.map(k => labels[k] as Label),
  }
}

/** Sums over the labels that are not needed. */
function summed({ x, labels }: Labelled, needed: readonly Label[]): Labelled {
  const axes = labels.flatMap((label, axis) => (needed.includes(label) ? [] : [axis]))
  if (axes.length === 0) return { x, labels }
  return { x: sum(x, { axis: axes }), labels: labels.filter(label => needed.includes(label)) }
}

/** The pair with the fewest FLOP, the smallest result, the first operands, in this order. */
function cheapest(
  terms: readonly Labelled[],
  output: readonly Label[],
  lengths: ReadonlyMap<Label, number>,
): [number, number] {
  const sizeOfLabels = (labels: Iterable<Label>) =>
    [...labels].reduce((size, label) => size * (lengths.get(label) as number), 1)
  let best = { pair: [0, 1] as [number, number], flops: Number.POSITIVE_INFINITY, size: 0 }
  terms.forEach((x, i) => {
    terms.slice(i + 1).forEach((y, k) => {
      const pair: [number, number] = [i, i + 1 + k]
      const others = terms.filter((_, at) => !pair.includes(at)).flatMap(({ labels }) => labels)
      const union = new Set([...x.labels, ...y.labels])
      const kept = [...union].filter(label => output.includes(label) || others.includes(label))
      const [flops, size] = [sizeOfLabels(union), sizeOfLabels(kept)]
      if (flops < best.flops || (flops === best.flops && size < best.size)) best = { pair, flops, size }
    })
  })
  return best.pair
}

/** Contracts two operands: [batch, rows, inner] · [batch, inner, columns]. */
function pair(first: Labelled, second: Labelled, needed: readonly Label[]): Labelled {
  // What one operand alone has and nobody needs is summed first.
  const a = summed(first, [...needed, ...second.labels])
  const b = summed(second, [...needed, ...first.labels])
  const shared = a.labels.filter(label => b.labels.includes(label))
  const batch = shared.filter(label => needed.includes(label))
  const inner = shared.filter(label => !needed.includes(label))
  const rows = a.labels.filter(label => !shared.includes(label))
  const columns = b.labels.filter(label => !shared.includes(label))
  const lengthsIn = ({ x, labels }: Labelled, some: readonly Label[]) =>
    some.map(label => x.shape[labels.indexOf(label)] as number)
  const [outer, m, k] = [batch, rows, inner].map(some => lengthsIn(a, some)) as [number[], number[], number[]]
  const n = lengthsIn(b, columns)
  const arranged = (term: Labelled, order: readonly Label[], shape: readonly number[]) =>
    reshape(
      transpose(
        term.x,
        order.map(label => term.labels.indexOf(label)),
      ),
      shape,
    )
  const sizes = [outer, m, k, n].map(sizeOf) as [number, number, number, number]
  const [count, rowCount, innerCount, columnCount] = sizes
  const left = (shape: readonly number[]) => arranged(a, [...batch, ...rows, ...inner], shape)
  const product = () => {
    if (inner.length === 0) {
      const right = arranged(b, [...batch, ...columns], [count, 1, columnCount])
      return mul(left([count, rowCount, 1]), right)
    }
    if (isFloat(a.x.dtype)) {
      const right = arranged(b, [...batch, ...inner, ...columns], [count, innerCount, columnCount])
      return matmul(left([count, rowCount, innerCount]), right)
    }
    const right = arranged(b, [...batch, ...columns, ...inner], [count, 1, columnCount, innerCount])
    return sum(mul(left([count, rowCount, 1, innerCount]), right), { axis: -1 })
  }
  return { x: reshape(product(), [...outer, ...m, ...n]), labels: [...batch, ...rows, ...columns] }
}
