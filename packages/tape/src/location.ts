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
export function callerLocation(): string | undefined {
  const frames = deepStack().split('\n')
  for (const frame of frames) {
    const place = /(?:\(|@|at )([^()@]*?):(\d+):(\d+)\)?$/.exec(frame.trim())
    if (!place) continue
    const file = (place[1] as string).replace(/^async /, '').replace(/^file:\/\//, '')
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

function deepStack(): string {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = FRAMES
  const stack = new Error().stack ?? ''
  Error.stackTraceLimit = stackTraceLimit
  return stack
}
