import {
  BudgetError,
  DerivativeError,
  DTypeError,
  type ErrorParts,
  OptionError,
  RecordError,
  ShapeError,
  SpillError,
  WengertError,
} from '@wengert/tape'
import { ClosedError, LaneError } from './errors.js'

/** An error as plain data, for the way out of a worker. */
export interface Fault {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string | number
  /** Of a {@link WengertError}, without its cause. */
  readonly parts?: Omit<ErrorParts, 'cause'>
  readonly cause?: { readonly fault: Fault } | { readonly plain: unknown }
}

/** Causes are followed this deep; a cycle of causes ends here. */
const DEEPEST_CAUSE = 8

const wengertErrors: Readonly<Record<string, new (parts: ErrorParts) => WengertError>> = {
  SHAPE: ShapeError,
  DTYPE: DTypeError,
  RECORD: RecordError,
  DERIVATIVE: DerivativeError,
  OPTION: OptionError,
  SPILL: SpillError,
  LANE: LaneError,
  CLOSED: ClosedError,
}

const nativeErrors: Readonly<Record<string, new (message: string) => Error>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  CompileError: WebAssembly.CompileError,
  LinkError: WebAssembly.LinkError,
  RuntimeError: WebAssembly.RuntimeError,
}

/**
 * Takes an error apart so that it survives structured cloning with class, code, data, cause and stack.
 *
 * @example
 * packFault(new RangeError('too long')).name // → 'RangeError'
 * packFault('thrown text').message // → 'thrown text'
 */
export function packFault(error: unknown, depth = 0): Fault {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { code } = error as { code?: unknown }
  const nested = depth < DEEPEST_CAUSE ? error.cause : undefined
  return {
    name: error.name,
    message: error.message,
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error instanceof WengertError ? { parts: packParts(error.parts) } : {}),
    ...(nested === undefined ? {} : { cause: packCause(nested, depth + 1) }),
  }
}

/**
 * Puts an error together again: an instance of its class, with code, data, cause and the stack of where it was
 * thrown.
 *
 * @example
 * unpackFault(packFault(new RangeError('too long'))) instanceof RangeError // → true
 */
export function unpackFault(fault: Fault): Error {
  const cause = fault.cause && ('fault' in fault.cause ? unpackFault(fault.cause.fault) : fault.cause.plain)
  const error = fault.parts ? unpackWengert(fault, cause) : unpackNative(fault, cause)
  // A class that is not known here is told by its name and code.
  if (error.name !== fault.name) hidden(error, 'name', fault.name)
  if (error.message !== fault.message) hidden(error, 'message', fault.message)
  if (fault.stack !== undefined) hidden(error, 'stack', fault.stack)
  return error
}

function packParts({ cause: _, data, ...parts }: ErrorParts): Omit<ErrorParts, 'cause'> {
  return data === undefined ? parts : { ...parts, data: cloneable(data, {}) }
}

function packCause(cause: unknown, depth: number): NonNullable<Fault['cause']> {
  if (cause instanceof Error) return { fault: packFault(cause, depth) }
  return { plain: cloneable(cause, String(cause)) }
}

function cloneable<T>(value: T, otherwise: T): T {
  try {
    return structuredClone(value)
  } catch {
    return otherwise
  }
}

function unpackWengert({ code, parts }: Fault, cause: unknown): WengertError {
  const whole = { summary: '', ...parts, ...(cause === undefined ? {} : { cause }) }
  if (code === 'BUDGET') {
    const { budgetBytes, leastBytes } = whole.data as { budgetBytes: number; leastBytes: number }
    return new BudgetError({ ...whole, budgetBytes, leastBytes })
  }
  const Class = wengertErrors[String(code)]
  return Class ? new Class(whole) : new WengertError(String(code), whole)
}

function unpackNative({ name, message, code }: Fault, cause: unknown): Error {
  const error = new (nativeErrors[name] ?? Error)(message)
  if (code !== undefined) hidden(error, 'code', code)
  if (cause !== undefined) hidden(error, 'cause', cause)
  return error
}

/** Defined the way engines define them: not enumerable. */
function hidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true })
}
