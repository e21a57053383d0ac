/**
 * Folder of this package's code: frames in it are ours. Not by `new URL('.', …)`, which bundlers take for a file to copy. Bundles that
 * are no modules have no address, and the user's code lies in them with ours.
 */
const here = ((import.meta.url as string | undefined) ?? '').replace(/[^/]*$/, '').replace(/^file:\/\//, '')

/** Code of the packages beside this one, built or not, or installed: layers and losses call ops for their user. */
const beside = here.replace(/tape\/(dist|src)\/$/, '')
const SIBLING = /^(kernels|nn|scheduler|tape)\/(dist|src)\//
const INSTALLED = /\/node_modules\/@wengert\//

/**
 * Where the user's code called into this package or one beside it, such as `model.ts:41:12`; undefined where the host has no
 * stack in V8's or SpiderMonkey's form.
 *
 * @example
 * typeof callerLocation() // → 'string'
 */
export const callerLocation = (): string | undefined => placeIn(deepStack().stack)

/**
 * As {@link callerLocation}, for later: what remembers the stack of now, and makes a place of it only if it is asked to.
 * Errors that are thrown after an `await`, where nothing of the user's is on the stack, name a call by it.
 *
 * @example
 * const caller = rememberCaller()
 * typeof caller() // → 'string'
 */
export function rememberCaller(): () => string | undefined {
  const remembered = deepStack(FEW)
  return () => placeIn(remembered.stack)
}

/** A frame where a turn begins, in V8's form or SpiderMonkey's: those below are of who awaits a call, who need not be who made it. */
const LATER = /^\s*(at async |at process\.processTicksAndRejections |async\*)/

/** `at name (place:1:2)` or `at place:1:2` in V8's form, `name@place:1:2` in SpiderMonkey's; places have `@` in them, too. */
const PLACE = /^(?:\s*at (?:.*? \()?|[^@]*@)(.+):(\d+):(\d+)\)?$/

/** The first place in a stack that is the user's, above where a turn begins. */
export function placeIn(stack = ''): string | undefined {
  const frames = stack.split('\n')
  for (const frame of frames) {
    if (LATER.test(frame)) return undefined
    const place = PLACE.exec(frame)
    if (!place || frame.includes('eval at ')) continue
    const file = (place[1] as string).replace(/^file:\/\/|\?.*$/g, '')
    if (file.startsWith('node:') || isOurs(file)) continue
    return `${file.split('/').at(-1)}:${place[2]}:${place[3]}`
  }
  return undefined
}

/** The first frame that is not ours is the user's; tests are users. */
const isOurs = (file: string): boolean =>
  !file.includes('.test.') &&
  (file.startsWith(here) ||
    (file.startsWith(beside) && SIBLING.test(file.slice(beside.length))) ||
    INSTALLED.test(file))

/** Frames of this package that may lie above the user's: more than V8 keeps unless it is told. */
const FRAMES = 64

/** Frames that lie above who calls what is asynchronous; the fewer are remembered, the less a call costs. */
const FEW = 16

/** V8 writes the text of a stack when it is read. */
function deepStack(frames = FRAMES): Error {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = frames
  const error = new Error()
  Error.stackTraceLimit = stackTraceLimit
  return error
}
