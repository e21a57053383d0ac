/** Plain data that an error carries; it survives structured cloning. */
export type ErrorData = Readonly<Record<string, unknown>>

/** The parts of a {@link WengertError}: what happened, where, and how to mend it. */
export interface ErrorParts {
  /** One sentence: what went wrong, with avals. */
  readonly summary: string
  /** What would have been right. */
  readonly expected?: string | undefined
  /** Where it happened: a value of the program, a place in the user's code, a file and row. */
  readonly at?: string | undefined
  /** What the reader should do. */
  readonly fix?: string | undefined
  readonly data?: ErrorData | undefined
  readonly cause?: unknown
}

/**
 * The base of every error Wengert throws on purpose. `message` is the whole screen: summary, expected, at, fix.
 *
 * @example
 * try {
 *   tensor([1, 2]).add(tensor([1, 2, 3]))
 * } catch (error) {
 *   error instanceof WengertError // → true
 *   error.code // → 'SHAPE'
 * }
 */
export class WengertError extends Error {
  /** Stable across versions and threads; test this, not the message. */
  readonly code: string
  readonly #parts: ErrorParts

  // Names are spelt out because minifiers change those of classes; `this`, because bundlers rename what names itself.
  static {
    this.prototype.name = 'WengertError'
  }

  constructor(code: string, parts: ErrorParts) {
    super(screen(parts), parts.cause === undefined ? undefined : { cause: parts.cause })
    this.code = code
    this.#parts = parts
  }

  /** What the message was made of. */
  get parts(): ErrorParts {
    return this.#parts
  }

  /**
   * @internal An error of a later turn with the place of the call that it is about: a copy, since code that keeps an error may throw
   * it in several calls. Itself if it has a place, is no error of ours, or is of budgets, whose places are values of a program.
   */
  static located(error: unknown, caller: () => string | undefined): unknown {
    if (!(error instanceof WengertError) || error.#parts.at !== undefined || error.code === 'BUDGET')
      return error
    const at = caller()
    if (at === undefined) return error
    const copy = new WengertError(error.code, { ...error.#parts, at })
    const { message: _message, stack: _stack, ...own } = Object.getOwnPropertyDescriptors(error)
    Object.defineProperties(Object.setPrototypeOf(copy, Object.getPrototypeOf(error)), own)
    if (error.stack !== undefined) copy.stack = error.stack.replace(error.message, () => copy.message)
    return copy
  }

  /** Cloneable facts about the error, such as the byte counts of a budget. */
  get data(): ErrorData {
    return this.#parts.data ?? {}
  }
}

function screen({ summary, expected, at, fix }: ErrorParts): string {
  const line = (label: string, text: string | undefined) => (text ? [`  ${label.padEnd(9)} ${text}`] : [])
  return [summary, ...line('expected', expected), ...line('at', at), ...line('fix', fix)].join('\n')
}

/**
 * Shapes that do not fit together.
 *
 * @example
 * add(tensor([1, 2]), tensor([1, 2, 3])) // → throws SHAPE
 */
export class ShapeError extends WengertError {
  static {
    this.prototype.name = 'ShapeError'
  }

  constructor(parts: ErrorParts) {
    super('SHAPE', parts)
  }
}

/**
 * Dtypes that an operation does not take or that do not match.
 *
 * @example
 * exp(tensor([1, 2], { dtype: 'i32' })) // → throws DTYPE
 */
export class DTypeError extends WengertError {
  static {
    this.prototype.name = 'DTypeError'
  }

  constructor(parts: ErrorParts) {
    super('DTYPE', parts)
  }
}

/**
 * A program that cannot be recorded, such as one that reads a value which is not there yet.
 *
 * @example
 * record(x => tensor(x.item()), tensor(1)) // → throws RECORD
 */
export class RecordError extends WengertError {
  static {
    this.prototype.name = 'RecordError'
  }

  constructor(parts: ErrorParts) {
    super('RECORD', parts)
  }
}

/**
 * A derivative that does not exist, or is asked of something that is not differentiable.
 *
 * @example
 * grad(x => x)(tensor(1, { dtype: 'i32' })) // → throws DERIVATIVE
 */
export class DerivativeError extends WengertError {
  static {
    this.prototype.name = 'DerivativeError'
  }

  constructor(parts: ErrorParts) {
    super('DERIVATIVE', parts)
  }
}

/**
 * An option or argument outside what is allowed.
 *
 * @example
 * sum(tensor([1, 2]), { axis: 1 }) // → throws OPTION
 */
export class OptionError extends WengertError {
  static {
    this.prototype.name = 'OptionError'
  }

  constructor(parts: ErrorParts) {
    super('OPTION', parts)
  }
}

/**
 * A byte budget in which no plan was found.
 *
 * @example
 * jit(x => exp(x), { memory: '64 KiB' })(tensor(new Float32Array(100_000))) // → throws BUDGET
 */
export class BudgetError extends WengertError {
  static {
    this.prototype.name = 'BudgetError'
  }

  /** The budget that was given, in bytes. */
  readonly budgetBytes: number
  /**
   * The fewest bytes with which planning succeeds; running with exactly these works, and with fewer it is refused. Of define-by-run
   * code they are those of its path from scratch, or, if it reads a value there is no room for, of the path up to there: they
   * are enough, but fewer may do, since what is left of the recording need not be computed again.
   */
  readonly leastBytes: number

  constructor(parts: ErrorParts & { readonly budgetBytes: number; readonly leastBytes: number }) {
    const { budgetBytes, leastBytes } = parts
    super('BUDGET', { ...parts, data: { ...parts.data, budgetBytes, leastBytes } })
    this.budgetBytes = budgetBytes
    this.leastBytes = leastBytes
  }
}

/**
 * States of a loop that could not be written to a store or read back as they were. Its `cause` is what the host said, and
 * `data.systemCode` a code such as `ENOSPC`, where there is one.
 *
 * @example
 * directoryStore({ directory: '/nowhere' }) // → throws SPILL
 */
export class SpillError extends WengertError {
  static {
    this.prototype.name = 'SpillError'
  }

  constructor(parts: ErrorParts) {
    super('SPILL', parts)
  }
}
