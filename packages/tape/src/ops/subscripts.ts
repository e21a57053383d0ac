import { OptionError, ShapeError } from '../errors.js'
import { callerLocation } from '../location.js'
import type { Tensor } from '../record/index.js'
import { written } from './matrices.js'

/** A name of an axis: a letter, or `…k` for the k-th from the last of those that an ellipsis stands for. */
export type Label = string

/** Subscripts with the axes that ellipses stand for. */
export interface Subscripts {
  /** Labels of the axes of each operand. */
  readonly inputs: readonly (readonly Label[])[]
  readonly output: readonly Label[]
  /** Length of each label; where lengths of 1 broadcast, the other one. */
  readonly lengths: ReadonlyMap<Label, number>
}

const TERM = /^[A-Za-z]*(?:\.\.\.[A-Za-z]*)?$/

/**
 * Reads subscripts such as `'ij,jk->ik'`, `'...ii'` or `'bij,bj'` by NumPy's rules.
 *
 * @throws {@link OptionError} for subscripts that are malformed; {@link ShapeError} where they do not fit the operands.
 */
export function parseSubscripts(text: string, operands: readonly Tensor[]): Subscripts {
  const fail = (expected: string, fix?: string) =>
    new OptionError({
      summary: `einsum: subscripts ${JSON.stringify(text)} of ${written(operands) || 'nothing'}.`,
      expected,
      at: callerLocation(),
      fix,
    })
  const unfit = (expected: string) =>
    new ShapeError({
      summary: `einsum: subscripts ${JSON.stringify(text)} do not fit ${written(operands)}.`,
      expected,
      at: callerLocation(),
    })
  if (operands.length === 0) throw fail('at least one operand')
  const sides = text.replace(/\s/g, '').split('->')
  const [left = '', right] = sides
  const terms = left.split(',')
  if (sides.length > 2) throw fail('at most one ->')
  const bad = [...terms, right ?? ''].find(term => !TERM.test(term))
  if (bad !== undefined) throw fail(`letters, and at most one ellipsis, in ${JSON.stringify(bad)}`)
  if (terms.length !== operands.length) {
    throw fail(`one list of labels for each operand   (${terms.length} ≠ ${operands.length})`)
  }

  const inputs = terms.map((term, k) => {
    const { rank, shape } = operands[k] as Tensor
    const letters = term.replace('...', '').length
    const dots = term.includes('...')
    if (dots ? letters > rank : letters !== rank) {
      throw unfit(`${letters} axes${dots ? ' or more' : ''} for ${JSON.stringify(term)}, not ${shape.length}`)
    }
    return expand(term, rank - letters)
  })
  const lengths = lengthsOf(inputs, operands, unfit)
  const ellipsis = Math.max(0, ...inputs.map(labels => labels.filter(isDotted).length))
  if (right === undefined) return { inputs, lengths, output: implicitOutput(inputs, ellipsis) }
  const output = expand(right, ellipsis)
  if (new Set(output).size !== output.length) throw fail('every label once in the result')
  const unknown = output.find(label => !lengths.has(label))
  if (unknown !== undefined) throw fail(`labels of operands in the result, unlike ${JSON.stringify(unknown)}`)
  if (ellipsis > 0 && !right.includes('...')) {
    throw fail('an ellipsis in the result where operands have one', `write ${left}->...${right}`)
  }
  return { inputs, output, lengths }
}

const isDotted = (label: Label) => label.startsWith('…')

/** The labels of a term, with so many in place of the ellipsis. */
function expand(term: string, count: number): Label[] {
  const [before = '', after] = term.split('...')
  if (after === undefined) return [...before]
  return [...before, ...Array.from({ length: count }, (_, k) => `…${count - k}`), ...after]
}

/** What ellipses stand for, then letters that occur once, in alphabetical order. */
function implicitOutput(inputs: readonly (readonly Label[])[], ellipsis: number): Label[] {
  const letters = inputs.flat().filter(label => !isDotted(label))
  const once = letters.filter(label => letters.indexOf(label) === letters.lastIndexOf(label))
  return [...expand('...', ellipsis), ...once.sort()]
}

function lengthsOf(
  inputs: readonly (readonly Label[])[],
  operands: readonly Tensor[],
  unfit: (expected: string) => ShapeError,
): Map<Label, number> {
  const lengths = new Map<Label, number>()
  inputs.forEach((labels, k) => {
    labels.forEach((label, axis) => {
      const length = (operands[k] as Tensor).shape[axis] as number
      const known = lengths.get(label) ?? 1
      const inside = labels.indexOf(label)
      const diagonal = (operands[k] as Tensor).shape[inside] as number
      if ((known !== 1 && length !== 1 && known !== length) || length !== diagonal) {
        const other = length === diagonal ? known : diagonal
        throw unfit(`equal lengths for ${JSON.stringify(label)}   (${other} ≠ ${length})`)
      }
      lengths.set(label, known === 1 ? length : known)
    })
  })
  return lengths
}
