import { type DType, elementBytes } from '@wengert/kernels'
import { OptionError, RecordError } from '../errors.js'
import { callerLocation } from '../location.js'
import { checkArgument, checkOptions, shown } from '../options.js'
import {
  type Aval,
  bytesOf,
  checkAval,
  type Data,
  dataFrom,
  formatAval,
  isFloat,
  sizeOf,
} from '../program/index.js'

/** A recording in progress, as a tensor sees it. */
export interface Recorder {
  /** Of two recordings in progress the one with the larger number is the inner one. */
  readonly order: number
  /** Whether it is in progress still. */
  readonly isOpen: boolean
  /** Whether a line has a value, as on dynamic tapes. */
  holds(value: number): boolean
  /** A copy of the value of a line; undefined if it has none. @throws RecordError once the recording has ended. */
  read(value: number, reader: string): Data | undefined
}

/** Where a tensor's value is: at hand, or a line of a tape that is being recorded. */
export type State = { readonly data: Data } | { readonly tape: Recorder; readonly value: number }

/** Numbers and booleans in nested arrays, as `tensor` takes them and `toArray` gives them. */
export type NestedArray = number | boolean | readonly NestedArray[]

/**
 * An immutable handle of an array of numbers: of its data, or, while a program is recorded, of a line of the tape.
 * There is nothing to dispose of.
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]])
 * x.mul(x).sum({ axis: 0 }).toArray() // → [10, 20]
 */
export class Tensor {
  readonly aval: Aval
  /** @internal */
  readonly state: State

  /** @internal Use `tensor` or `fromData`. */
  constructor(aval: Aval, state: State) {
    this.aval = aval
    this.state = state
  }

  get dtype(): DType {
    return this.aval.dtype
  }

  get shape(): readonly number[] {
    return this.aval.shape
  }

  /** Number of dimensions. */
  get rank(): number {
    return this.aval.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.aval.shape)
  }

  /** Bytes of the data. */
  get bytes(): number {
    return bytesOf(this.aval)
  }

  /**
   * The only element as a number.
   *
   * @throws {@link OptionError} if there is not exactly one; {@link RecordError} while recording.
   */
  item(): number {
    const data = dataOf(this, 'item()')
    if (data.length === 1) return data[0] as number
    throw new OptionError({
      summary: `item: ${formatAval(this.aval)} has ${data.length} elements.`,
      expected: 'a tensor with exactly one element',
      at: callerLocation(),
      fix: 'toArray() gives all elements',
    })
  }

  /** The elements as nested arrays; a scalar is itself. @throws {@link RecordError} while recording. */
  toArray(): NestedArray {
    const data = dataOf(this, 'toArray()')
    const read = (index: number) => (this.dtype === 'bool' ? data[index] === 1 : (data[index] as number))
    const nest = (axis: number, offset: number): NestedArray => {
      if (axis === this.rank) return read(offset)
      const length = this.shape[axis] as number
      const stride = sizeOf(this.shape.slice(axis + 1))
      return Array.from({ length }, (_, k) => nest(axis + 1, offset + k * stride))
    }
    return nest(0, 0)
  }

  /** A copy of the elements in row-major order. @throws {@link RecordError} while recording. */
  toTypedArray(): Data {
    return dataOf(this, 'toTypedArray()').slice()
  }

  /**
   * What JavaScript's own operators make of a tensor: text in templates, the number of a tensor of one element
   * elsewhere. While recording that is refused, in dynamic code too: of `x * 2` no derivative could be recorded, and `'text' + x`
   * is no different from `1 + x` here.
   *
   * @throws {@link OptionError} if there is not exactly one element; {@link RecordError} while recording.
   */
  [Symbol.toPrimitive](hint: string): string | number {
    if (hint === 'string') return this.toString()
    if ('tape' in this.state && this.state.tape.isOpen) throw converted(this.aval, hint)
    return this.item()
  }

  /** Dtype, shape and elements, for `JSON.stringify`. @throws {@link RecordError} while recording. */
  toJSON(): { dtype: DType; shape: readonly number[]; data: number[] } {
    return { dtype: this.dtype, shape: this.shape, data: Array.from(dataOf(this, 'toJSON()')) }
  }

  toString(): string {
    if (!hasData(this)) return `Tensor ${formatAval(this.aval)} = %${(this.state as { value: number }).value}`
    return `Tensor ${formatAval(this.aval)} ${this.size > 32 ? '[…]' : written(this.toArray())}`
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** Operators ask for a `number`, but + and == take what there is, as the hint `default` says: text or a number. */
function converted(aval: Aval, hint: string): RecordError {
  const isNumber = hint === 'number'
  const made = isNumber
    ? `a number of ${formatAval(aval)}`
    : `text or a number of ${formatAval(aval)} by + or ==`
  const formulas = isNumber
    ? 'write x.mul(2) for x * 2, x.add(1) for x + 1, x.sin() for Math.sin(x); to compare, x.greater(0) with where'
    : 'in text, write x.toString() or x.shape; in formulas, x.add(1) for x + 1, x.equal(1) for x == 1'
  return new RecordError({
    summary: `JavaScript makes ${made} while recording, of which nothing would be recorded.`,
    expected: isNumber
      ? 'operations of tensors'
      : 'text made by toString() or a template, or operations of tensors',
    at: callerLocation(),
    fix: `${formulas}; in dynamic code, ${isNumber ? 'x.item() > 0' : 'x.item() + 1'}; ${CLOSE_OVER}`,
  })
}

const CLOSE_OVER = 'close over a number that shapes or loops depend on'

/** Nested arrays as text, with NaN, infinities and −0, which JSON does not have. */
function written(values: NestedArray): string {
  if (typeof values === 'object') return `[${values.map(written).join(',')}]`
  return Object.is(values, -0) ? '-0' : String(values)
}

/**
 * The data of a tensor itself, not a copy: it must not be written. On a dynamic tape, a copy out of the arena.
 *
 * @throws {@link RecordError} while recording, when there is no value yet.
 * @example
 * Array.from(dataOf(tensor([1, 2]))) // → [1, 2]
 */
export function dataOf(x: Tensor, reader = 'the data'): Data {
  checkArgument('dataOf', 'what it takes', x, x instanceof Tensor, 'a tensor')
  const { state } = x
  const data = 'data' in state ? state.data : state.tape.read(state.value, reader)
  if (data) return data
  throw new RecordError({
    summary: `${reader} was asked of ${formatAval(x.aval)} while recording: %${(state as { value: number }).value} has no value yet.`,
    expected: 'a tensor that has been computed',
    at: callerLocation(),
    fix: `choose between values with where, cond or whileLoop; ${CLOSE_OVER}; or record with { dynamic: true } and read outside of the functions of loops`,
  })
}

/** Whether a tensor has a value: it is concrete, or on a dynamic tape. */
export const hasData = ({ state }: Tensor): boolean => 'data' in state || state.tape.holds(state.value)

/**
 * Wraps data as a tensor without copying; the data must not be written afterwards.
 *
 * @throws {@link OptionError} if the data has another number of elements than the shape.
 * @example
 * fromData({ dtype: 'f64', shape: [2, 1] }, new Float64Array([1, 2])).toArray() // → [[1], [2]]
 */
export function fromData(aval: Aval, data: Data): Tensor {
  checkAval('fromData', aval)
  checkArgument('fromData', 'the data', data, ArrayBuffer.isView(data), 'a typed array')
  const { dtype, shape } = aval
  const whole = shape.every(length => Number.isInteger(length) && length >= 0)
  if (!whole || data.length !== sizeOf(shape)) {
    throw new OptionError({
      summary: `fromData: ${data.length} elements do not fill ${formatAval({ dtype, shape })}.`,
      expected: whole ? `${sizeOf(shape)} elements` : 'lengths that are whole numbers of at least 0',
      at: callerLocation(),
    })
  }
  if (dtype === 'bool' && data.some(byte => byte > 1)) {
    throw new OptionError({
      summary: 'fromData: a bool is neither 0 nor 1.',
      expected: 'bytes 0 and 1',
      at: callerLocation(),
      fix: "tensor(data, { dtype: 'bool' }) takes any numbers, and makes those that are not 0 true",
    })
  }
  return new Tensor({ dtype, shape: Object.freeze([...shape]) }, { data })
}

/** How `tensor` reads its data. */
export interface TensorOptions {
  /** Default: the dtype of a typed array, of which bytes are bool if all are 0 or 1; bool for booleans, otherwise f32. */
  readonly dtype?: DType
  /** Default: the nesting of the arrays, or one dimension for a typed array. */
  readonly shape?: readonly number[]
}

/**
 * A tensor from a number, nested arrays or a typed array; the data is copied.
 *
 * @throws {@link OptionError} for ragged arrays, a shape that does not fit, and, where no dtype is said, typed arrays that have
 * none of their own, such as bytes that are neither 0 nor 1.
 * @example
 * tensor([[1, 2, 3], [4, 5, 6]]).shape // → [2, 3]
 * tensor(new Float64Array([1, 2])).dtype // → 'f64'
 * tensor([1, 2, 3, 4], { shape: [2, 2] }).toArray() // → [[1, 2], [3, 4]]
 * tensor(new Uint8Array([0, 128, 255]), { dtype: 'i32' }).toArray() // → [0, 128, 255]
 * tensor([[1], [2, 3]]) // → throws OPTION
 */
export function tensor(values: NestedArray | Data, options: TensorOptions = {}): Tensor {
  const { dtype, shape } = checkOptions('tensor', options, ['dtype', 'shape'])
  if (ArrayBuffer.isView(values)) {
    const type = checkDType('tensor', dtype) ?? dtypeOfData(values)
    return fromData(
      { dtype: type, shape: shape ?? [values.length] },
      dataFrom(type, values as ArrayLike<number>),
    )
  }
  const nested = nestedShape(values)
  const flat: (number | boolean)[] = []
  gather(values, nested, 0, flat)
  const type = checkDType('tensor', dtype) ?? (typeof flat[0] === 'boolean' ? 'bool' : 'f32')
  if (type === 'i32') checkInts(flat)
  return fromData({ dtype: type, shape: shape ?? nested }, dataFrom(type, flat as number[]))
}

function checkInts(values: readonly (number | boolean)[]): void {
  const wrong = values.find(value => typeof value === 'number' && value !== (value | 0))
  if (wrong === undefined) return
  throw new OptionError({
    summary: `tensor: ${String(wrong)} is no i32.`,
    expected: 'whole numbers of 32 bits',
    at: callerLocation(),
    fix: "tensor(values).convert('i32') drops fractions, and takes the nearest i32 for what is too large",
    data: { option: 'dtype' },
  })
}

/** @throws OptionError for a dtype that there is not. */
export function checkDType(op: string, dtype: DType | undefined): DType | undefined {
  if (dtype === undefined || (typeof dtype === 'string' && Object.hasOwn(elementBytes, dtype))) return dtype
  throw new OptionError({
    summary: `${op}: there is no dtype ${shown(dtype)}.`,
    expected: Object.keys(elementBytes).join(', '),
    at: callerLocation(),
    data: { option: 'dtype' },
  })
}

function dtypeOfData(data: Data): DType {
  if (data instanceof Float32Array) return 'f32'
  if (data instanceof Float64Array) return 'f64'
  if (data instanceof Int32Array) return 'i32'
  const bytes: Uint8Array | undefined = data instanceof Uint8Array ? data : undefined
  const number = bytes?.find(byte => byte > 1)
  if (bytes && number === undefined) return 'bool'
  throw new OptionError({
    summary: `tensor: no dtype for a ${(data as object).constructor.name}${bytes ? ` that holds ${number}` : ''}.`,
    expected: 'Float32Array, Float64Array, Int32Array, or Uint8Array of 0 and 1 for bool',
    at: callerLocation(),
    fix: 'say which dtype is meant: tensor(data, { dtype: … })',
  })
}

function nestedShape(values: NestedArray): number[] {
  const shape: number[] = []
  for (let level = values; isList(level); level = level[0] as NestedArray) {
    shape.push(level.length)
    if (level.length === 0) break
  }
  return shape
}

function gather(
  values: NestedArray,
  shape: readonly number[],
  axis: number,
  into: (number | boolean)[],
): void {
  if (!isList(values)) {
    if (typeof values !== 'number' && typeof values !== 'boolean') throw notANumber(values)
    if (axis === shape.length) {
      into.push(values)
      return
    }
  } else if (axis < shape.length && values.length === shape[axis]) {
    for (const value of values) gather(value, shape, axis + 1, into)
    return
  }
  throw new OptionError({
    summary: `tensor: the nested arrays are ragged at depth ${axis}.`,
    expected: `${formatAval({ dtype: 'f32', shape })}, as the first elements have it`,
    at: callerLocation(),
  })
}

/** Arrays, and typed arrays among them. */
const isList = (values: unknown): values is readonly NestedArray[] =>
  Array.isArray(values) || ArrayBuffer.isView(values)

const notANumber = (value: unknown) =>
  new OptionError({
    summary: `tensor: ${shown(value)} is no number.`,
    expected: 'a number or boolean, nested arrays of them, or a typed array',
    at: callerLocation(),
    fix: value instanceof Tensor ? 'stack([…]) makes one tensor of several' : undefined,
  })

/** Whether derivatives can flow through a tensor. */
export const isDifferentiable = (x: Tensor): boolean => isFloat(x.dtype)
