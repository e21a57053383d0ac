import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { type Aval, registerOp } from '../program/index.js'
import { applyOne, innermostTape, Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'

registerOp({
  name: 'named',
  infer: ([x]) => [x as Aval],
  lower: () => 'alias',
})
// The value has the name; tangents and cotangents of it are other values.
defineRule('named', {
  pullback: ({ ct }) => [ct],
  pushforward: ({ tangents: [t] }) => t,
  batch: ({ inputs, params }) => applyOne('named', inputs, params),
})

/**
 * The tensor itself, under a name by which {@link checkpoint} keeps it and {@link explain} shows it. Costs nothing.
 *
 * @throws {@link OptionError} for a name without a letter.
 * @example
 * const layer = checkpoint((x, w) => named(matmul(x, w), 'hidden').tanh(), { keep: ['hidden'] })
 * grad(w => layer(tensor([[1]]), w).sum())(tensor([[0]])).item() // → 1
 */
export function named(x: Tensor, name: string): Tensor {
  if (typeof name !== 'string' || name.trim() === '') {
    throw new OptionError({
      summary: `named: the name is ${shown(name)}.`,
      expected: 'a text that is not empty',
      at: callerLocation(),
      data: { option: 'name' },
    })
  }
  if (!(x instanceof Tensor)) {
    throw new OptionError({
      summary: `named: what is to have a name is ${shown(x)}.`,
      expected: 'a tensor',
      at: callerLocation(),
      fix: 'name each tensor of a tree by itself: named(x, name)',
      data: { option: 'x' },
    })
  }
  return innermostTape([x]) ? applyOne('named', [x], { name }) : x
}
