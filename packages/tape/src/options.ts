import { OptionError } from './errors.js'
import { callerLocation } from './location.js'

/**
 * A value as an error writes it: text in quotes, numbers such as NaN as they are, anything large by its kind.
 *
 * @example
 * shown('no') // → "'no'"
 * shown(Number.NaN) // → 'NaN'
 * shown([1, 'a']) // → "[1, 'a']"
 */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length <= 8 ? `[${value.map(shown).join(', ')}]` : 'a long list'
  if (typeof value !== 'object' || value === null) return String(value)
  const maker = value.constructor?.name
  return maker && maker !== 'Object' ? `a ${maker}` : JSON.stringify(value)
}

/**
 * Holds options to those that there are, since a misspelt one would do nothing, in silence.
 *
 * @throws {@link OptionError} unless they are a plain object with no other names.
 * @example
 * checkOptions('vmap', { inAxis: 1 }, ['inAxes']) // → throws OPTION
 */
export function checkOptions(owner: string, options: unknown, names: readonly string[]): void {
  const expected = `{ ${names.join(', ')} }`
  if (!isPlain(options)) {
    throw new OptionError({
      summary: `${owner}: the options are ${shown(options)}.`,
      expected,
      at: callerLocation(),
      data: { option: 'options' },
    })
  }
  const wrong = Object.keys(options).find(name => !names.includes(name))
  if (wrong === undefined) return
  const near = names.find(name => name.toLowerCase() === wrong.toLowerCase())
  throw new OptionError({
    summary: `${owner}: there is no option \`${wrong}\`.`,
    expected,
    at: callerLocation(),
    fix: near && `write \`${near}\``,
    data: { option: wrong },
  })
}

/** An object literal, of any realm. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null)
}

/**
 * Holds an option to one of a few values; left out, it is fine.
 *
 * @throws {@link OptionError} for any other.
 * @example
 * checkOneOf('reduction', 'median', ['mean', 'sum']) // → throws OPTION
 */
export function checkOneOf(option: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw new OptionError({
    summary: `\`${option}\` is ${shown(value)}.`,
    expected: allowed.map(shown).join(' or '),
    at: callerLocation(),
    data: { option, value: shown(value) },
  })
}

/**
 * Holds what is to be transformed to a function.
 *
 * @throws {@link OptionError} for anything else.
 * @example
 * checkFunction('grad', 3) // → throws OPTION
 */
export function checkFunction(owner: string, fn: unknown): void {
  if (typeof fn === 'function') return
  throw new OptionError({
    summary: `${owner}: what it takes is ${shown(fn)}, not a function.`,
    expected: 'a function of tensors to tensors',
    at: callerLocation(),
    data: { option: 'fn' },
  })
}
