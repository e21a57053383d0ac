import { OptionError } from '@wengert/tape'
import { modules } from './evals/index.js'
import { Input } from './input.js'
import { type Runs, type Timing, timed } from './runs.js'
import type { Json, Module } from './task.js'

/** A response of the protocol: the id of the message, and what its kind wants to know. */
export interface Response {
  /** Null if the message has none that could be read. */
  readonly id: number | null
  readonly tool?: string
  readonly success?: boolean
  readonly error?: string
  readonly output?: Json
  readonly timings?: readonly Timing[]
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Answers a line of the protocol. What goes wrong is the error of the response; nothing is thrown.
 *
 * @param debug whether errors come with their stack.
 */
export function respond(line: string, debug: boolean): Response {
  let id: number | null = null
  try {
    const message = parse(line)
    if (!Number.isInteger(message.id)) throw malformed('`id` is no whole number', line)
    id = message.id as number
    return { id, ...answer(message, line) }
  } catch (error) {
    return { id, success: false, error: textOf(error, debug) }
  }
}

function textOf(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return String(error)
  return debug && error.stack ? error.stack : `${error.name}: ${error.message}`
}

function parse(line: string): Fields {
  let message: unknown
  try {
    message = JSON.parse(line)
  } catch {
    throw malformed('It is no JSON', line)
  }
  if (typeof message === 'object' && message !== null && !Array.isArray(message)) return message as Fields
  throw malformed('It is no object', line)
}

function answer(message: Fields, line: string): Omit<Response, 'id'> {
  switch (message.kind) {
    case 'start':
      return { tool: 'wengert' }
    case 'define':
      moduleOf(message)
      return { success: true }
    case 'evaluate': {
      const functions = moduleOf(message)
      const prepare = known('function', message.function, functions)
      const { output, timings } = timed(prepare, new Input(message.input), runsOf(message.input))
      return { success: true, output: finite(output), timings }
    }
    default:
      if (typeof message.kind !== 'string') throw malformed('`kind` is no text', line)
      // Analyses, the end, and whatever the protocol will have: every message is acknowledged.
      return {}
  }
}

const moduleOf = ({ module }: Fields): Module => known('module', module, modules)

function known<T>(what: string, name: unknown, of: Readonly<Record<string, T>>): T {
  if (typeof name === 'string' && Object.hasOwn(of, name)) return of[name] as T
  throw new OptionError({
    summary: `There is no ${what} ${JSON.stringify(name) ?? 'without a name'}.`,
    expected: Object.keys(of).join(', '),
    data: { option: what },
  })
}

/** Most inputs say how often they want to be run; others are run once. */
function runsOf(input: unknown): Runs {
  const field = (name: string, absent: number) => {
    if (typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return absent
    return new Input(input).at(name).number
  }
  return { leastRuns: field('min_runs', 1), leastSeconds: field('min_seconds', 0) }
}

/** JSON has no NaN and no infinities, and null in place of them would be another result. */
function finite(output: Json): Json {
  const check = (node: Json): void => {
    if (typeof node === 'number') {
      if (Number.isFinite(node)) return
      throw new OptionError({
        summary: `There is ${node} in the result.`,
        expected: 'finite numbers, which JSON can say',
      })
    }
    if (typeof node === 'object' && node !== null) for (const child of Object.values(node)) check(child)
  }
  check(output)
  return output
}

const malformed = (what: string, line: string) =>
  new OptionError({
    summary: `${what}: ${JSON.stringify(line.length > 60 ? `${line.slice(0, 60)}…` : line)}.`,
    expected: 'a message of the protocol, a JSON object on a line: { "id": 0, "kind": "start" }',
    data: { option: 'message' },
  })
