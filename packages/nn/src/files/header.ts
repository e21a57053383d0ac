/** The header of a file of tensors: a length, then JSON; see https://github.com/huggingface/safetensors#format. */
import { type Aval, bytesOf, type DType, type ErrorParts, shown, sizeOf, WengertError } from '@wengert/tape'
import { nameTwice } from './twice.js'

/**
 * Bytes that are no file of tensors, or one of other tensors than are wanted.
 *
 * @example
 * try {
 *   fromSafetensors(new Uint8Array(4))
 * } catch (error) {
 *   error.code // → 'SAFETENSORS'
 * }
 */
export class SafetensorsError extends WengertError {
  static {
    this.prototype.name = 'SafetensorsError'
  }

  constructor(parts: ErrorParts) {
    super('SAFETENSORS', parts)
  }
}

/** A tensor of a file. */
export interface Entry {
  readonly name: string
  readonly aval: Aval
  /** Where its bytes begin in the file. */
  readonly begin: number
}

/** Bytes of the length before a header, and the most that a header has. */
const LENGTH_BYTES = 8
const MOST_HEADER_BYTES = 100_000_000
/** What a header begins with. */
const BRACE = 0x7b

const NAMES: Readonly<Record<DType, string>> = { f32: 'F32', f64: 'F64', i32: 'I32', bool: 'BOOL' }
const DTYPES = new Map(Object.entries(NAMES).map(([dtype, name]) => [name, dtype as DType]))

/** What is no tensor but words about the file. */
const METADATA = '__metadata__'

/** The header of tensors whose bytes follow one after another. Numbers begin at multiples of 8. */
export function headerOf(tensors: readonly { readonly name: string; readonly aval: Aval }[]): Uint8Array {
  let end = 0
  const fields = tensors.map(({ name, aval }) => {
    const begin = end
    end += bytesOf(aval)
    return [name, { dtype: NAMES[aval.dtype], shape: aval.shape, data_offsets: [begin, end] }] as const
  })
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)))
  const padded = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES
  const header = new Uint8Array(LENGTH_BYTES + padded).fill(0x20)
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true)
  header.set(json, LENGTH_BYTES)
  return header
}

/**
 * Reads a header, and checks it against the bytes that there are.
 *
 * @throws {@link SafetensorsError}
 */
export function entriesOf(file: Uint8Array): readonly Entry[] {
  if (file[LENGTH_BYTES] !== BRACE)
    throw wrong(
      'The bytes are no safetensors file',
      '8 bytes that say how long the header is, and the header, which begins with {',
    )
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = Number(view.getBigUint64(0, true))
  const first = LENGTH_BYTES + length
  if (length > MOST_HEADER_BYTES || first > file.length) {
    throw wrong(
      `The header would have ${length} bytes`,
      `at most ${Math.min(MOST_HEADER_BYTES, file.length - LENGTH_BYTES)}, as are there`,
    )
  }
  const header = parsed(file.subarray(LENGTH_BYTES, first))
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, fields]) => entryOf(name, fields, first))
    .sort((a, b) => a.begin - b.begin || bytesOf(a.aval) - bytesOf(b.aval))
  let end = first
  for (const { name, aval, begin } of entries) {
    if (begin !== end)
      throw wrong(
        `The bytes of ${shown(name)} begin at ${begin - first}`,
        `${end - first}, where those before them end`,
      )
    end += bytesOf(aval)
  }
  if (end !== file.length)
    throw wrong(`There are ${file.length - first} bytes of tensors`, `${end - first}, as the header says`)
  return entries
}

/** What begins with a brace and is JSON is an object. */
function parsed(bytes: Uint8Array): object {
  let header: object
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    header = JSON.parse(text)
  } catch (cause) {
    throw wrong('The header is no JSON', 'an object of tensors by name', cause)
  }
  const twice = nameTwice(text)
  if (twice !== undefined) throw wrong(`The header has ${shown(twice)} twice`, 'each name once')
  if (METADATA in header && !isWords(header[METADATA]))
    throw wrong(`\`${METADATA}\` is ${shown(header[METADATA])}`, 'an object of texts')
  return header
}

const isWords = (words: unknown): boolean =>
  typeof words === 'object' &&
  words !== null &&
  !Array.isArray(words) &&
  Object.values(words).every(word => typeof word === 'string')

function entryOf(name: string, fields: unknown, first: number): Entry {
  const { dtype, shape, data_offsets: offsets } = Object(fields) as Record<string, unknown>
  const known = DTYPES.get(dtype as string)
  const of = shown(name)
  if (!known) throw wrong(`The dtype of ${of} is ${shown(dtype)}`, [...DTYPES.keys()].join(', '))
  if (!isLengths(shape))
    throw wrong(`The shape of ${of} is ${shown(shape)}`, 'a list of whole numbers from 0')
  // -0 + 0 = 0
  const aval: Aval = { dtype: known, shape: shape.map(length => length + 0) }
  const isPair = isLengths(offsets) && offsets.length === 2
  if (!isPair || (offsets[1] as number) - (offsets[0] as number) !== bytesOf(aval)) {
    throw wrong(
      `The bytes of ${of} are ${shown(offsets)}`,
      `a begin and an end, ${sizeOf(shape)} numbers of ${String(dtype)} apart`,
    )
  }
  return { name, aval, begin: first + (offsets[0] as number) }
}

const isLengths = (list: unknown): list is readonly number[] =>
  Array.isArray(list) && list.every(length => Number.isSafeInteger(length) && length >= 0)

const wrong = (summary: string, expected: string, cause?: unknown): SafetensorsError =>
  new SafetensorsError({ summary: `fromSafetensors: ${summary}.`, expected, cause })
