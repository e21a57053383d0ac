import type { Tensor } from '../record/index.js'

/** Those that are there. */
export const present = (tensors: readonly (Tensor | undefined)[]): Tensor[] =>
  tensors.filter(x => x !== undefined)

/** Puts tensors back to the places from which {@link present} took them. */
export function spread(places: readonly boolean[], tensors: readonly Tensor[]): (Tensor | undefined)[] {
  let next = 0
  return places.map(there => (there ? tensors[next++] : undefined))
}
