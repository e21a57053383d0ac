import { OptionError } from './errors.js'
import { callerLocation } from './location.js'
import { nearestName } from './nearest-name.js'

/**
 * A value as an error writes it, in one short line: text in quotes, numbers such as NaN as they are, anything large by its kind
 * or how it begins.
 *
 * @example
 * shown('no') // → "'no'"
 * shown(Number.NaN) // → 'NaN'
 * shown([1, 'a']) // → "[1, 'a']"
 * shown(3n) // → '3n'
 */
export const shown = (value: unknown): string => shownWithin(value, MOST_NESTED)

/** Characters of text, elements of a list, and lists in each other that are written. */
const MOST_WRITTEN = 200
const MOST_LISTED = 8
const MOST_NESTED = 4

function shownWithin(value: unknown, depth: number): string {
  if (typeof value === 'string') return `'${cut(value)}'`
  if (typeof value === 'function') return isClass(value) ? 'a class' : 'a function'
  if (Array.isArray(value)) return shownArray(value, depth)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null) return String(value)
  const maker = typeof value.constructor === 'function' ? value.constructor.name : ''
  return maker && maker !== 'Object' ? `a ${maker}` : shownObject(value)
}

function shownArray(list: readonly unknown[], depth: number): string {
  if (depth === 0) return list.length === 0 ? '[]' : 'a list'
  if (list.length > MOST_LISTED) return 'a long list'
  const written = `[${list.map(item => shownWithin(item, depth - 1)).join(', ')}]`
  return written.length <= MOST_WRITTEN ? written : 'a long list'
}

/** As JSON where that is short, and can be had: tensors that are being recorded have no elements yet. */
function shownObject(value: object): string {
  const named = `an object of ${cut(Object.keys(value).slice(0, MOST_LISTED).join(', '))}`
  try {
    const written = JSON.stringify(value)
    return written.length <= MOST_WRITTEN ? cut(written) : named
  } catch {
    return named
  }
}

/** How a text begins, in one line. */
const cut = (text: string): string =>
  (text.length <= MOST_WRITTEN ? text : `${text.slice(0, MOST_WRITTEN)}…`).replace(
    /\p{Cc}/gu,
    control => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

/**
 * As {@link shown}, but with lists as shapes are written, however long.
 *
 * @example
 * shownList([[2, 3], 'a']) // → "[[2,3],'a']"
 */
export const shownList = (list: unknown): string =>
  Array.isArray(list) ? `[${list.map(shownList).join(',')}]` : shown(list)

/**
 * The options themselves, if they have no names but these: a misspelt one would do nothing, in silence.
 *
 * @param untold names that there are, but of which errors do not speak
 * @throws {@link OptionError} unless they are a plain object with no other names, or if one that is true or false wherever it is
 * an option is something else.
 * @example
 * checkOptions('vmap', { inAxes: 1 }, ['inAxes']) // → { inAxes: 1 }
 * checkOptions('vmap', { inAxis: 1 }, ['inAxes']) // → throws OPTION
 */
export function checkOptions<T>(
  owner: string,
  options: T,
  names: readonly string[],
  untold: readonly string[] = [],
): T {
  if (!isPlain(options)) throw notOptions(owner, options, names)
  for (const name of Object.keys(options)) {
    if (!names.includes(name) && !untold.includes(name)) throw notAnOption(owner, name, names)
    if (FLAGS.has(name)) checkFlag(owner, name, Reflect.get(options, name))
  }
  return options
}

/** Options that are true or false, whoever has them. */
const FLAGS: ReadonlySet<string> = new Set([
  'keepdims',
  'descending',
  'reverse',
  'causal',
  'lower',
  'transpose',
  'unitDiagonal',
  'countIncludePad',
])

/** Text such as 'false' would be taken for true. */
function checkFlag(owner: string, name: string, value: unknown): void {
  const fits = value === undefined || typeof value === 'boolean'
  checkArgument(owner, `\`${name}\``, value, fits, 'true or false')
}

const listOf = (names: readonly string[]) => `{ ${names.join(', ')} }`

function notOptions(owner: string, options: unknown, names: readonly string[]): OptionError {
  const bare = typeof options === 'number' || Array.isArray(options)
  return new OptionError({
    summary: `${owner}: the options are ${shown(options)}.`,
    expected: listOf(names),
    at: callerLocation(),
    fix: bare && names.includes('axis') ? `write { axis: ${shown(options)} }` : undefined,
    data: { option: 'options' },
  })
}

function notAnOption(owner: string, wrong: string, names: readonly string[]): OptionError {
  const near = nearestName(wrong, names)
  return new OptionError({
    summary: `${owner}: there is no option \`${wrong}\`.`,
    expected: listOf(names),
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
 * Holds an argument to what it has to be, which plain JavaScript does not.
 *
 * @param fits whether it is that
 * @throws {@link OptionError} if not.
 * @example
 * checkArgument('permutationOf', '`count`', -1, false, 'a whole number from 0') // → throws OPTION
 */
export function checkArgument(
  owner: string,
  name: string,
  value: unknown,
  fits: boolean,
  expected: string,
): void {
  if (fits) return
  throw new OptionError({
    summary: `${owner}: ${name} is ${shown(value)}.`,
    expected,
    at: callerLocation(),
    data: { option: name },
  })
}

/**
 * Holds an amount, such as of bytes, to a number, which NaN is not; left out, it is fine.
 *
 * @throws {@link OptionError} for any other.
 * @example
 * checkAmount('compile', 'memoryBytes', Number.NaN) // → throws OPTION
 */
export function checkAmount(owner: string, option: string, value: unknown): void {
  const fits = value === undefined || (typeof value === 'number' && !Number.isNaN(value))
  checkArgument(owner, `\`${option}\``, value, fits, 'a number')
}

/**
 * Holds what is to be transformed to a function that can be called, which classes cannot.
 *
 * @param what it is, as an error says
 * @throws {@link OptionError} for anything else.
 * @example
 * checkFunction('grad', 3) // → throws OPTION
 * checkFunction('mlp', class Relu {}, 'the activation') // → throws OPTION
 */
export function checkFunction(owner: string, fn: unknown, what = 'what it takes'): void {
  if (typeof fn === 'function' && !isClass(fn)) return
  throw new OptionError({
    summary: `${owner}: ${what} is ${shown(fn)}, not a function.`,
    expected: 'a function of tensors to tensors',
    at: callerLocation(),
    fix: typeof fn === 'function' ? 'give a method of an instance, as x => instance.method(x)' : undefined,
    data: { option: 'fn' },
  })
}

/** By text: nothing else tells a class from a frozen function. Methods may be called `class` too, but have no prototype. */
const isClass = (fn: object): boolean =>
  Object.getOwnPropertyDescriptor(fn, 'prototype')?.writable === false &&
  /^class\b/.test(Function.prototype.toString.call(fn))
