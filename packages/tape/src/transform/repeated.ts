import { type Aval, sameShape } from '../program/index.js'
import { type Structure, Tensor, tensor } from '../record/index.js'

/** The form of a list of arguments: how they are nested, and the avals of their leaves. */
export interface Form {
  readonly structure: Structure
  readonly avals: readonly Aval[]
}

/**
 * The concrete leaves of arguments that have a form, in its order; undefined for arguments of any other form, and if a
 * leaf is being recorded. Loops call a function with arguments of one form, which is so told without writing it down.
 */
export function leavesIn({ structure, avals }: Form, args: readonly unknown[]): Tensor[] | undefined {
  const leaves: Tensor[] = []
  const fits = (node: unknown, at: Structure): boolean => {
    if (at === '*') {
      const leaf = typeof node === 'number' ? tensor(node) : node
      const aval = avals[leaves.length] as Aval
      if (!(leaf instanceof Tensor) || 'tape' in leaf.state || leaf.dtype !== aval.dtype) return false
      leaves.push(leaf)
      return sameShape(leaf.shape, aval.shape)
    }
    if (typeof node !== 'object' || node === null) return false
    if ('list' in at) {
      return (
        Array.isArray(node) && node.length === at.list.length && at.list.every((one, k) => fits(node[k], one))
      )
    }
    const fields = node as Record<string, unknown>
    const prototype: unknown = Object.getPrototypeOf(fields)
    if (prototype !== Object.prototype && prototype !== null) return false
    if (Object.keys(fields).length !== at.keys.length) return false
    return at.keys.every((key, k) => Object.hasOwn(fields, key) && fits(fields[key], at.of[k] as Structure))
  }
  return fits(args, structure) ? leaves : undefined
}
