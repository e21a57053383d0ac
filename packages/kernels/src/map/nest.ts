import { type FunctionBuilder, i32, type Local } from '../wasm/index.js'

/** Bytes that each pointer advances along one axis, and how often. */
export interface Axis {
  readonly length: number
  readonly steps: readonly number[]
}

/**
 * Emits nested loops over axes, outermost first. The body gets the pointers of its iteration; iterations run in
 * increasing order of every index.
 */
export function nest(
  f: FunctionBuilder,
  axes: readonly Axis[],
  pointers: readonly Local<'i32'>[],
  body: (pointers: readonly Local<'i32'>[]) => void,
): void {
  const [axis, ...inner] = axes
  if (!axis) {
    body(pointers)
    return
  }
  const moving = pointers.map((pointer, k) => (axis.steps[k] === 0 ? pointer : f.int(pointer)))
  f.for(f.local('i32'), 0, axis.length, 1, () => {
    nest(f, inner, moving, body)
    moving.forEach((pointer, k) => {
      if (axis.steps[k] !== 0) f.set(pointer, i32.add(pointer, axis.steps[k] as number))
    })
  })
}
