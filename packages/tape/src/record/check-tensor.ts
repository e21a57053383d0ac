import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { nearestName } from '../nearest-name.js'
import { checkArgument, shown } from '../options.js'
import { Tensor } from './tensor.js'

/**
 * Holds an argument to a tensor, which plain JavaScript does not.
 *
 * @param name of the argument
 * @param fix what to do; by default, for an array, to make a tensor of it
 * @throws {@link OptionError} for anything else.
 * @example
 * checkTensor('f', 'x', [1, 2]) // → throws OPTION
 */
export function checkTensor(owner: string, name: string, value: unknown, fix?: string): void {
  if (value instanceof Tensor) return
  throw new OptionError({
    summary: `${owner}: ${name} is ${shown(value)}, not a tensor.`,
    expected: 'a tensor',
    at: callerLocation(),
    fix: fix ?? (Array.isArray(value) ? 'make it a tensor: tensor([…])' : undefined),
    data: { option: name },
  })
}

/** @throws {@link OptionError} for anything else than a list of tensors. */
export function checkTensorList(owner: string, list: readonly Tensor[]): void {
  checkArgument(owner, 'what it takes', list, Array.isArray(list), 'a list of tensors')
  for (const [k, each] of list.entries()) checkTensor(owner, `tensor ${k}`, each)
}

/**
 * Holds parameters to an object that has a tensor under each of some names; it may have others.
 *
 * @throws {@link OptionError} unless it has.
 * @example
 * checkTensors('dense', { weight: tensor([[1]]), b: tensor([0]) }, ['w', 'b']) // → throws OPTION
 */
export function checkTensors(owner: string, params: unknown, names: readonly string[]): void {
  const expected = `{ ${names.join(', ')} }, tensors`
  const tree = typeof params === 'object' && params !== null && !(params instanceof Tensor)
  if (!tree || Array.isArray(params)) {
    throw new OptionError({
      summary: `${owner}: the parameters are ${shown(params)}.`,
      expected,
      at: callerLocation(),
      fix: params instanceof Tensor ? `parameters come first: ${owner}(params, …)` : undefined,
      data: { option: 'params' },
    })
  }
  const held = params as Readonly<Record<string, unknown>>
  const missing = names.find(name => !(held[name] instanceof Tensor))
  if (missing === undefined) return
  const others = Object.keys(held).filter(name => !names.includes(name))
  const meant = others.find(name => nearestName(name, names) === missing)
  const there = held[missing]
  throw new OptionError({
    summary:
      there === undefined
        ? `${owner}: the parameters have no \`${missing}\`.`
        : `${owner}: the parameter \`${missing}\` is ${shown(there)}, not a tensor.`,
    expected,
    at: callerLocation(),
    fix: meant && `\`${meant}\` is \`${missing}\` here`,
    data: { option: missing },
  })
}
