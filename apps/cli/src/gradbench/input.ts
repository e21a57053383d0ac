import { OptionError, type Tensor, tensor } from '@wengert/tape'

/** The input of a function of an eval: fields are read as what the function wants, or refused by name. */
export class Input {
  readonly #value: unknown
  readonly #path: string

  constructor(value: unknown, path = 'input') {
    this.#value = value
    this.#path = path
  }

  /** A field of an object. */
  at(name: string): Input {
    const value = this.#value
    const known = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    if (!known) throw this.#refused(`an object with a field ${JSON.stringify(name)}`)
    return new Input((value as Record<string, unknown>)[name], `${this.#path}.${name}`)
  }

  /** A finite number. */
  get number(): number {
    if (typeof this.#value === 'number' && Number.isFinite(this.#value)) return this.#value
    throw this.#refused('a finite number')
  }

  /** A whole number from `least` to below `limit`. */
  whole(least: number, limit = Number.MAX_SAFE_INTEGER): number {
    const value = this.#value as number
    if (Number.isSafeInteger(value) && value >= least && value < limit) return value
    const most = limit === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${limit - 1}`
    throw this.#refused(`a whole number of at least ${least}${most}`)
  }

  /** `true` or `false`. */
  get flag(): boolean {
    if (typeof this.#value === 'boolean') return this.#value
    throw this.#refused('true or false')
  }

  /** The elements of an array. */
  get list(): readonly Input[] {
    if (!Array.isArray(this.#value)) throw this.#refused('an array')
    return this.#value.map((one, k) => new Input(one, `${this.#path}[${k}]`))
  }

  /** Numbers in nested arrays of this shape, as f64; −1 stands for any length of at least 1. */
  tensor(...shape: readonly number[]): Tensor {
    const values = this.#numbers(shape, () => true, 'numbers')
    return tensor(values.flat, { dtype: 'f64', shape: values.shape })
  }

  /** Whole numbers from 0 to below `limit` in nested arrays of this shape, as i32. */
  indices(limit: number, ...shape: readonly number[]): Tensor {
    const inside = (index: number) => Number.isInteger(index) && index >= 0 && index < limit
    const values = this.#numbers(shape, inside, `whole numbers from 0 to ${limit - 1}`)
    return tensor(Int32Array.from(values.flat), { shape: values.shape })
  }

  #numbers(expected: readonly number[], allowed: (value: number) => boolean, what: string) {
    const shape: number[] = []
    for (let level = this.#value; Array.isArray(level); level = level[0]) shape.push(level.length)
    const written = `${what} in nested arrays of shape [${expected.map(length => (length < 0 ? '…' : length))}]`
    const fits = expected.every((length, axis) =>
      length < 0 ? (shape[axis] as number) > 0 : shape[axis] === length,
    )
    // The rows of no rows have no length.
    const empty = expected[0] === 0 && shape[0] === 0
    if (!empty && (shape.length !== expected.length || !fits)) throw this.#refused(written)
    const flat =
      shape.length > 1 ? (this.#value as unknown[]).flat(shape.length - 1) : (this.#value as unknown[])
    const whole = empty ? expected.map(length => Math.max(0, length)) : shape
    const size = whole.reduce((product, length) => product * length, 1)
    if (flat.length !== size || !flat.every(one => typeof one === 'number' && allowed(one))) {
      throw this.#refused(written)
    }
    return { flat: Float64Array.from(flat as number[]), shape: whole }
  }

  #refused(expected: string): OptionError {
    const text = JSON.stringify(this.#value) ?? 'missing'
    return new OptionError({
      summary: `${this.#path} is ${text.length > 40 ? `${text.slice(0, 40)}…` : text}.`,
      expected,
      data: { option: this.#path },
    })
  }
}
