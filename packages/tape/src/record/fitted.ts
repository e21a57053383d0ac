import { OptionError } from '../errors.js'
import { callerLocation } from '../location.js'

/**
 * Runs something that calls a function of the user. An error of the language in it that certainly comes of arguments that it was
 * not made for is one of those arguments; any other is the function's own.
 *
 * @throws {@link OptionError} where there are no arguments at all, or one is an array of numbers, if the function does not take
 * that.
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
  // Fewer than all may be right: parameters that may be left out are counted as well.
  if (args.length > 0 || taken === 0) return undefined
  return refuse('the function was called with none of its arguments', 0, `${taken}`)
}

// A list of numbers is a tree of scalars, of which a function that expects a tensor makes what it can.
const isListOfNumbers = (arg: unknown) =>
  Array.isArray(arg) && arg.length > 0 && arg.flat(Infinity).every(each => typeof each === 'number')
