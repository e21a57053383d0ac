import { dataOf, flatten, type TreeOf } from '@wengert/tape'

/**
 * The bytes of all parameters, in the order of their names: what a fingerprint is taken of.
 *
 * @example
 * parameterBytes({ b: tensor([1]), a: tensor([0, 0]) }) // → [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63]
 */
export function parameterBytes<P extends TreeOf<P>>(params: P): Uint8Array<ArrayBuffer> {
  const leaves = flatten(params, 'parameterBytes: `params`').leaves.map(leaf => dataOf(leaf))
  const bytes = new Uint8Array(leaves.reduce((sum, data) => sum + data.byteLength, 0))
  let end = 0
  for (const data of leaves) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), end)
    end += data.byteLength
  }
  return bytes
}
