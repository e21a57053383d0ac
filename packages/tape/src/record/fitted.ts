import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'
import { shown } from '../options.js'
import { isArgumentLeaf } from './argument.js'
import { flattenTree } from './tree.js'

/**
 * Runs something that calls a function of the user. An error of the language in it that comes of arguments that it was not
 * made for is one of those arguments.
 *
 * @throws {@link OptionError} for arguments that are missing, arrays of numbers, or without any tensor, if the function does not
 * take them.
 */
export function fitted<T>(owner: string, fn: unknown, args: readonly unknown[], run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw unfit(owner, (fn as { readonly length: number }).length, args, error) ?? error
  }
}

/** What is wrong with the arguments; undefined for errors that have nothing to do with them. */
function unfit(
  owner: string,
  taken: number,
  args: readonly unknown[],
  cause: TypeError,
): OptionError | undefined {
  const refuse = (what: string, argument: number, expected: string, fix?: string) =>
    new OptionError({
      summary: `${owner}: ${what}: ${cause.message}.`,
      expected,
      at: callerLocation(),
      fix,
      data: { argument },
      cause,
    })
  const list = args.findIndex(isListOfNumbers)
  if (list !== -1) {
    const what = `argument ${list} is an array, which the function gets as scalars`
    return refuse(what, list, 'a tensor, or a function of a list of scalars', 'make it a tensor: tensor([…])')
  }
  if (args.length < taken) {
    const called = args.length === 0 ? 'none' : `${args.length}`
    return refuse(`the function was called with ${called} of its arguments`, args.length, `${taken}`)
  }
  const empty = args.findIndex(arg => flattenTree(arg, isArgumentLeaf).leaves.length === 0)
  if (empty === -1) return undefined
  return refuse(`argument ${empty} is ${shown(args[empty])}`, empty, 'a tensor, or a tree of some')
}

// A list of numbers is a tree of scalars, of which a function that expects a tensor makes what it can.
const isListOfNumbers = (arg: unknown) =>
  Array.isArray(arg) && arg.length > 0 && arg.flat(Infinity).every(each => typeof each === 'number')
