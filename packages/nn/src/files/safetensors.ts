import {
  type Aval,
  allocate,
  bytesOf,
  callerLocation,
  checkArgument,
  checkOptions,
  dataOf,
  flatten,
  formatAval,
  fromData,
  ShapeError,
  shown,
  type Tensor,
  type Tree,
  type TreeOf,
  unflatten,
} from '@wengert/tape'
import { entriesOf, headerOf, SafetensorsError } from './header.js'

export { SafetensorsError } from './header.js'

/** Name of a tensor that is no part of anything. */
const ALONE = 'tensor'

/** `layers.0.w` for `.layers[0].w`. */
const nameOf = (path: string): string => path.replace(/\[(\d+)\]/g, '.$1').slice(1) || ALONE

/**
 * A tree of tensors, such as parameters or the state of an optimiser, as the bytes of a file in the format `safetensors`
 * (https://github.com/huggingface/safetensors), which other libraries read: no code, and numbers to the last bit. Names are
 * paths in the tree with dots between their parts.
 *
 * @throws OptionError for what is no tree of tensors; {@link SafetensorsError} for two tensors of one name.
 * @example
 * const params = { layers: [{ w: tensor([[1, 2]]), b: tensor([Number.NaN]) }] }
 * const bytes = toSafetensors(params)
 * Object.keys(fromSafetensors(bytes)) // → ['layers.0.b', 'layers.0.w']
 * fromSafetensors(bytes, params).layers[0].w.toArray() // → [[1, 2]]
 */
export function toSafetensors<T extends TreeOf<T>>(tree: T): Uint8Array<ArrayBuffer> {
  const { leaves, paths } = flatten(tree, 'toSafetensors: the tree')
  const names = paths.map(nameOf)
  const lasts = new Map(names.map((name, k) => [name, k]))
  const twice = names.find((name, k) => lasts.get(name) !== k)
  if (twice !== undefined || lasts.has('__metadata__')) {
    throw new SafetensorsError({
      summary: `toSafetensors: ${twice === undefined ? 'a tensor is named `__metadata__`' : `two tensors are named \`${twice}\``}.`,
      expected: 'a name of its own for each tensor, made of the keys that lead to it',
      at: callerLocation(),
    })
  }
  // numbers of 8 bytes first, single bytes last, so that all are aligned
  const tensors = leaves
    .map((leaf, k) => ({ name: names[k] as string, aval: leaf.aval, data: dataOf(leaf) }))
    .sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT)
  const header = headerOf(tensors)
  const bytes = new Uint8Array(tensors.reduce((sum, { aval }) => sum + bytesOf(aval), header.length))
  bytes.set(header)
  let end = header.length
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end)
    end += data.byteLength
  }
  return bytes
}

/** Options of {@link fromSafetensors}. */
export interface SafetensorsOptions {
  /** Parts of the tree in the file that are passed over: names that are one of these, or begin with one and a dot. */
  readonly ignore?: readonly string[]
}

/**
 * The tensors of a file in the format `safetensors`, by name.
 *
 * @throws {@link SafetensorsError} for bytes that are no such file, and for dtypes that there are not here.
 * @example
 * fromSafetensors(toSafetensors({ w: tensor([1, 2]) })).w.toArray() // → [1, 2]
 */
export function fromSafetensors(bytes: Uint8Array): Record<string, Tensor>
/**
 * The tensors of a file in the format `safetensors`, as a tree like another, such as initial parameters.
 *
 * @param like has the tensors' names, dtypes and shapes, and how they are nested
 * @throws {@link SafetensorsError} for bytes that are no such file, dtypes that there are not here, and names other than those of
 * `like`; ShapeError for other dtypes and shapes than its.
 * @example
 * const { params } = sgd().update(tensor([1, 2]), tensor([0.5, 0]), sgd().init(tensor([1, 2])))
 * fromSafetensors(toSafetensors(params), tensor([0, 0])).toArray() // ≈ [0.95, 2]
 *
 * const file = toSafetensors({ w: tensor([1, 2]), training: { epoch: tensor(3) } })
 * fromSafetensors(file, { w: tensor([0, 0]) }, { ignore: ['training'] }).w.toArray() // → [1, 2]
 */
export function fromSafetensors<T extends TreeOf<T>>(
  bytes: Uint8Array,
  like: T,
  options?: SafetensorsOptions,
): T
export function fromSafetensors(
  bytes: Uint8Array,
  like?: Tree<Tensor>,
  options: SafetensorsOptions = {},
): Tree<Tensor> {
  checkArgument('fromSafetensors', 'the file', bytes, bytes instanceof Uint8Array, 'a Uint8Array')
  const { ignore = [] } = checkOptions('fromSafetensors', options, ['ignore'])
  const areNames = Array.isArray(ignore) && Array.from(ignore).every(part => typeof part === 'string')
  checkArgument('fromSafetensors', '`ignore`', ignore, areNames, 'a list of names')
  const tensors = new Map(
    entriesOf(bytes)
      .filter(({ name }) => !ignore.some(part => name === part || name.startsWith(`${part}.`)))
      .map(({ name, aval, begin }) => [name, read(bytes, aval, begin)]),
  )
  if (like === undefined) return Object.fromEntries([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)))
  const { leaves, paths, structure } = flatten(like, 'fromSafetensors: `like`')
  const names = paths.map(nameOf)
  const wanted = new Set(names)
  const other = [...tensors.keys()].find(name => !wanted.has(name))
  const missing = names.find(name => !tensors.has(name))
  if (other !== undefined || missing !== undefined) {
    throw new SafetensorsError({
      summary: `fromSafetensors: there is ${missing === undefined ? `a tensor ${shown(other)}` : `no tensor ${shown(missing)}`}.`,
      expected: `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`,
      at: callerLocation(),
      ...(missing === undefined ? { fix: `{ ignore: [${shown(other)}] } passes over it` } : {}),
    })
  }
  const found = leaves.map((leaf, k) =>
    matching(names[k] as string, tensors.get(names[k] as string) as Tensor, leaf.aval),
  )
  return unflatten(structure, found)
}

/** A copy, since the bytes need not be aligned. */
function read(bytes: Uint8Array, aval: Aval, begin: number): Tensor {
  const data = allocate(aval)
  new Uint8Array(data.buffer).set(bytes.subarray(begin, begin + data.byteLength))
  return fromData(aval, aval.dtype === 'bool' ? data.map(byte => Math.min(1, byte)) : data)
}

function matching(name: string, found: Tensor, wanted: Aval): Tensor {
  if (formatAval(found.aval) === formatAval(wanted)) return found
  throw new ShapeError({
    summary: `fromSafetensors: \`${name}\` is ${brief(found.aval)}.`,
    expected: formatAval(wanted),
    at: callerLocation(),
  })
}

/** Files may have any rank. */
const brief = (aval: Aval): string =>
  aval.shape.length <= 8 ? formatAval(aval) : `${aval.dtype} of rank ${aval.shape.length}`
