/** A window that slides over the two spatial dimensions of an image. */
export interface WindowSpec {
  readonly height: number
  readonly width: number
  /** Height and width of the window. */
  readonly window: readonly [number, number]
  /** Steps of the window, down and to the right. */
  readonly stride: readonly [number, number]
  /** Rows above and below, columns to the left and to the right. */
  readonly padding: readonly [readonly [number, number], readonly [number, number]]
  /** Steps between the elements of a window, down and to the right; 1 if it is left out. */
  readonly dilation?: readonly [number, number]
}

/** Steps between the elements of a window. */
export const dilationOf = ({ dilation = [1, 1] }: WindowSpec): readonly [number, number] => dilation

/**
 * Output height and width, ⌊(size + padding − extent) / stride⌋ + 1 with extent = dilation · (window − 1) + 1, and 0
 * where the window is larger than the padded image.
 *
 * @throws RangeError if a size or a padding is not a whole number ≥ 0, or a window, a stride or a dilation is not ≥ 1.
 * @example
 * windowOutputShape({ height: 28, width: 28, window: [5, 5], stride: [1, 1], padding: [[2, 2], [0, 0]] }) // → [28, 24]
 */
export function windowOutputShape(spec: WindowSpec): [number, number] {
  const along = (axis: 0 | 1, size: number): number => {
    const [before, after] = spec.padding[axis]
    const [window, stride, dilation] = [spec.window[axis], spec.stride[axis], dilationOf(spec)[axis]]
    whole('size', size, 0)
    whole('window', window, 1)
    whole('stride', stride, 1)
    whole('dilation', dilation, 1)
    whole('padding', before, 0)
    whole('padding', after, 0)
    const extent = dilation * (window - 1) + 1
    return Math.max(0, Math.floor((size + before + after - extent) / stride) + 1)
  }
  return [along(0, spec.height), along(1, spec.width)]
}

function whole(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new RangeError(`windowOutputShape: ${name} must be a whole number ≥ ${least}, got ${value}`)
}

/** Everything about a window as text, for keys of kernels. */
export function windowKey(spec: WindowSpec): string {
  const { height, width, window, stride, padding } = spec
  const dilation = dilationOf(spec)
  const apart = dilation.every(step => step === 1) ? '' : `*${dilation.join('x')}`
  return `${height}x${width}:${window.join('x')}${apart}/${stride.join('x')}+${padding.flat().join('.')}`
}
