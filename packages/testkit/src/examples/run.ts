import { inspect } from 'node:util'
import type { Assertion } from './assertion.js'
import { compile } from './compile.js'
import type { Example } from './example.js'
import { comparable, matches, plain } from './matches.js'

/** The exports of a module by name. */
export type Namespace = Readonly<Record<string, unknown>>

/** What an example finds around it. */
export interface Surroundings {
  /** Names that are in scope without an import. */
  readonly scope: Namespace
  /** Loads the module of an import. */
  readonly load: (specifier: string) => Promise<Namespace>
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (...args: unknown[]) => Promise<void>

/**
 * Runs an example and checks its assertions, each of which must be reached.
 *
 * @throws An error that names the file and the line of an assertion that does not hold, and whatever the example
 * throws itself.
 * @example
 * const example = { file: 'a.ts', line: 1, code: 'twice(4) // → 8', run: true }
 * await runExample(example, { scope: { twice: (x: number) => 2 * x }, load: name => import(name) })
 */
export async function runExample(example: Example, { scope, load }: Surroundings): Promise<void> {
  const { body, assertions } = compile(example.code)
  const place = ({ line }: { line: number }) => `${example.file}:${example.line + line - 1}`
  const reached = new Set<number>()

  // Inside a function that is not async, nothing awaits an outcome before the end of the example.
  const outcomes: Promise<void>[] = []
  const check = (index: number, thunk: () => unknown) => {
    const assertion = assertions[index]
    if (!assertion) throw new RangeError(`no assertion ${index}`)
    reached.add(index)
    const outcome = verify(assertion, place(assertion), thunk)
    outcome.catch(() => {})
    outcomes.push(outcome)
    return outcome
  }
  const bring = async (specifier: string, names: readonly string[]) => {
    const module = await load(specifier)
    const missing = names.filter(name => !(name in module))
    if (missing.length > 0) throw new SyntaxError(`${specifier} has no export ${missing.join(', ')}`)
    return module
  }

  const names = Object.keys(scope).filter(name => name !== 'default')
  // The inner block lets an example declare a name that is in scope around it.
  const run = new AsyncFunction('$check', '$import', ...names, `'use strict'; {\n${body}\n}`)
  await run(check, bring, ...names.map(name => scope[name]))
  await Promise.all(outcomes)

  const missed = assertions.find((_, index) => !reached.has(index))
  if (missed) throw new Error(`${place(missed)}: the example ended before ${missed.text}`)
}

async function verify(assertion: Assertion, place: string, thunk: () => unknown): Promise<void> {
  if (assertion.kind === 'throws') return verifyThrows(assertion.code, place, thunk)
  const { text, value, tolerance } = assertion
  const actual = await comparable(thunk(), value)
  if (matches(actual, await plain(value), tolerance)) return
  throw new Error(`${place}: expected ${text}, got ${inspect(actual, { depth: 8 })}`)
}

async function verifyThrows(code: string, place: string, thunk: () => unknown): Promise<void> {
  let outcome: string
  try {
    outcome = `returned ${inspect(await plain(thunk()))}`
  } catch (error) {
    if (isWengertError(error) && error.code === code) return
    outcome = `threw ${inspect(error)}`
  }
  throw new Error(`${place}: expected a WengertError with code ${code}, but it ${outcome}`)
}

// By name, since an error may come from another copy of its class.
function isWengertError(error: unknown): error is Error & { code: unknown } {
  for (let proto: unknown = error; proto instanceof Object; proto = Object.getPrototypeOf(proto)) {
    if (Object.hasOwn(proto, 'name') && (proto as Error).name === 'WengertError') return true
  }
  return false
}
