/**
 * Convolutions whose products read the image where it is: a row of patches is runs of it, one for each row of the window,
 * so nothing is unfolded. For filters that stay in the first-level cache. With patches of at most {@link LONGEST} elements a
 * sum has the order, and so the bits, of the product of unfolded patches.
 *
 * The cotangent of the image is such a convolution too, of the padded cotangent with the filter turned by half a turn.
 */
import { defineTile, lanesOf, panelsOf, tileRows } from '../gemm/index.js'
import type { KernelContext } from '../kernel.js'
import { i32, type Local } from '../wasm/index.js'
import { eachBand, planBands } from './band.js'
import { type Conv2dSpec, conv2dSizes } from './spec.js'
import { dilationOf } from './window.js'

type Int = Local<'i32'>

/** A convolution without unfolding: working space, and the code for one group. */
export interface Direct {
  readonly scratchBytes: number
  emit(context: KernelContext, operands: readonly [Int, Int, Int], scratch: Int): void
}

/** Longest sum that is not cut into blocks. */
const LONGEST = 512
/** Up to this size a filter stays in the first-level cache. */
export const FILTER_BYTES = 20480
/** Where less of the tiles is in use, unfolded patches fill them better. */
const LEAST_USED = 0.85
/** With fewer positions in an image the sums of the filter's cotangent are too short. */
const FEWEST_POSITIONS = 16
/** More working space than this is not worth it. */
const MOST_SCRATCH_BYTES = 196608

/** With fewer channels of the image a vector of them is mostly empty. */
const FEWEST_CHANNELS = 4
/** With more channels of the result folding costs less than what is wasted. */
const MOST_CHANNELS = 16
/** The share of positions of the image that the products of zeros around the cotangent may cost. */
const MOST_WASTED = 0.15

const wasted = (spec: Conv2dSpec) => {
  const { outHeight, outWidth } = conv2dSizes(spec)
  return 1 - (outHeight * outWidth) / (spec.height * spec.width)
}

const fits = (spec: Conv2dSpec, { scratchBytes }: { readonly scratchBytes: number }) => {
  const { patch } = conv2dSizes(spec)
  const filterBytes = patch * spec.outChannels * lanesOf[spec.dtype].bytes
  const straight = dilationOf(spec)[1] === 1 || spec.window[1] === 1
  return straight && filterBytes <= FILTER_BYTES && scratchBytes <= MOST_SCRATCH_BYTES
}

/** Bytes from a run of a patch to the next one. */
export const jumpOf = (spec: Conv2dSpec) => dilationOf(spec)[0] * planBands(spec).rowBytes

/** out = conv(x, filter), or null if it is better unfolded. */
export function directValue(spec: Conv2dSpec): Direct | null {
  const { scratchBytes } = planBands(spec)
  const { patch } = conv2dSizes(spec)
  if (!fits(spec, { scratchBytes }) || patch > LONGEST || usedRows(spec) < LEAST_USED) return null
  return { scratchBytes, emit: (context, operands, scratch) => emitValue(context, spec, operands, scratch) }
}

function emitValue(
  { module, f }: KernelContext,
  spec: Conv2dSpec,
  [x, filter, out]: readonly [Int, Int, Int],
  scratch: Int,
): void {
  const { dtype, outChannels, inChannels, window, stride } = spec
  const { bytes } = lanesOf[dtype]
  const { outWidth } = conv2dSizes(spec)
  const { rowBytes } = planBands(spec)
  const [y, input, row] = [f.int(out), f.local('i32'), f.local('i32')]
  eachBand(f, module, spec, { image: x, scratch }, band => {
    f.set(input, band.input)
    f.for(row, 0, band.rows, 1, () => {
      for (const { first, vectors, live } of panelsOf(outChannels, dtype)) {
        const tile = defineTile(module, {
          ...{ dtype, a: 'rows', b: 'matrix', c: 'rows' },
          rows: evenRows(outWidth, tileRows(vectors, module.features.fma)),
          vectors,
          run: { steps: window[1] * inChannels, stepBytes: bytes, jump: jumpOf(spec) },
        })
        const [b, c] = [i32.add(filter, first * bytes), i32.add(y, first * bytes)]
        const [aStride, cStride] = [stride[1] * inChannels * bytes, outChannels * bytes]
        f.call(tile, input, aStride, b, cStride, c, cStride, outWidth, window[0], live, 0)
      }
      f.increase(input, stride[0] * rowBytes)
      f.increase(y, outWidth * outChannels * bytes)
    })
  })
}

/** Rows of a tile, at most so many, that leave the fewest of the last tile without use. */
function evenRows(count: number, most: number): number {
  const waste = (rows: number) => Math.ceil(count / rows) * rows - count
  const choices = most > 3 ? [most, most - 1, most - 2] : [most]
  return choices.reduce((best, rows) => (waste(rows) < waste(best) ? rows : best))
}

/** The share of the tiles' rows that positions of an output row fill, over all panels. */
function usedRows(spec: Conv2dSpec): number {
  const { outWidth } = conv2dSizes(spec)
  const panels = panelsOf(spec.outChannels, spec.dtype).map(({ vectors }) => {
    const rows = evenRows(outWidth, tileRows(vectors, true))
    return { vectors, used: outWidth / (Math.ceil(outWidth / rows) * rows) }
  })
  const all = panels.reduce((sum, { vectors }) => sum + vectors, 0)
  return panels.reduce((sum, { vectors, used }) => sum + (vectors / all) * used, 0)
}

/** dx = conv(padded ct, turned filter), or null if it is better folded. */
export function directInputPullback(spec: Conv2dSpec): Direct | null {
  const turned = turnedSpec(spec)
  if (!turned || wasted(spec) > MOST_WASTED) return null
  if (spec.inChannels < FEWEST_CHANNELS || spec.outChannels > MOST_CHANNELS) return null
  const value = directValue(turned)
  if (!value) return null
  const { bytes } = lanesOf[spec.dtype]
  const filterBytes = Math.ceil((conv2dSizes(spec).patch * spec.outChannels * bytes + 16) / 16) * 16
  return {
    scratchBytes: filterBytes + value.scratchBytes,
    emit(context, [ct, filter, dx], scratch) {
      emitTurn(context, spec, filter, scratch)
      value.emit(context, [ct, scratch, dx], context.f.int(i32.add(scratch, filterBytes)))
    },
  }
}

/** The convolution of cotangents that gives those of the image; with strides, or padding past the window, there is none. */
export function turnedSpec(spec: Conv2dSpec): Conv2dSpec | null {
  const { height, width, inChannels, outChannels, window, stride, padding } = spec
  const { outHeight, outWidth } = conv2dSizes(spec)
  if (stride[0] * stride[1] !== 1 || outHeight * outWidth === 0) return null
  const around = ([0, 1] as const).map(axis => {
    const reach = dilationOf(spec)[axis] * (window[axis] - 1)
    return [reach - padding[axis][0], reach - padding[axis][1]] as const
  }) as [readonly [number, number], readonly [number, number]]
  if (around.flat().some(size => size < 0) || height * width === 0) return null
  return {
    ...spec,
    ...{ height: outHeight, width: outWidth, inChannels: outChannels, outChannels: inChannels },
    padding: around,
  }
}

/** Copies a filter [kh, kw, c, o] as [−kh, −kw, o, c]. */
export function emitTurn({ f }: KernelContext, spec: Conv2dSpec, filter: Int, to: Int): void {
  const { inChannels: c, outChannels: o, window, dtype } = spec
  const lanes = lanesOf[dtype]
  const matrixBytes = c * o * lanes.bytes
  const target = f.int(i32.add(to, (window[0] * window[1] - 1) * matrixBytes))
  const [from, row, element] = [f.int(filter), f.local('i32'), f.local('i32')]
  const [end, at] = [f.int(i32.add(filter, window[0] * window[1] * matrixBytes)), f.local('i32')]
  f.while(i32.ltU(from, end), () => {
    f.for(row, 0, c * lanes.bytes, lanes.bytes, () => {
      f.set(at, i32.add(target, row))
      f.for(element, 0, o, 1, () => {
        f.do(lanes.storeLane(at, lanes.splat(from), 0))
        f.increase(from, lanes.bytes)
        f.increase(at, c * lanes.bytes)
      })
    })
    f.increase(target, -matrixBytes)
  })
}

/** dfilter = Σ xᵀ·ct over output positions, band by band, or null if it is better unfolded. */
export function directFilterPullback(spec: Conv2dSpec): Direct | null {
  const { scratchBytes } = planBands(spec)
  const { outHeight, outWidth } = conv2dSizes(spec)
  if (!fits(spec, { scratchBytes }) || outHeight * outWidth < FEWEST_POSITIONS) return null
  return {
    scratchBytes,
    emit: (context, operands, scratch) => emitFilterPullback(context, spec, operands, scratch),
  }
}

function emitFilterPullback(
  { module, f }: KernelContext,
  spec: Conv2dSpec,
  [x, ct, dfilter]: readonly [Int, Int, Int],
  scratch: Int,
): void {
  const { dtype, outChannels, inChannels, window, stride } = spec
  const { bytes } = lanesOf[dtype]
  const { outWidth } = conv2dSizes(spec)
  const { rowBytes } = planBands(spec)
  const tapBytes = outChannels * bytes
  const run = window[1] * inChannels
  const [y, down, input, target] = [f.int(ct), f.local('i32'), f.local('i32'), f.local('i32')]
  eachBand(f, module, spec, { image: x, scratch }, ({ input: start, rows, before }) => {
    f.set(input, start)
    f.set(target, dfilter)
    const add = f.int(i32.ne(before, 0))
    f.for(down, 0, window[0], 1, () => {
      for (const panel of panelsOf(outChannels, dtype))
        for (const { first, count } of evenParts(run, tileRows(panel.vectors, module.features.fma))) {
          const tile = defineTile(module, {
            ...{ dtype, a: 'rows', b: 'matrix', c: 'rows', rows: count, vectors: panel.vectors },
            run: { steps: outWidth, stepBytes: stride[1] * inChannels * bytes, jump: stride[0] * rowBytes },
          })
          const c = i32.add(target, first * tapBytes + panel.first * bytes)
          const b = i32.add(y, panel.first * bytes)
          f.call(
            tile,
            i32.add(input, first * bytes),
            bytes,
            b,
            tapBytes,
            c,
            tapBytes,
            count,
            rows,
            panel.live,
            add,
          )
        }
      f.increase(input, jumpOf(spec))
      f.increase(target, run * tapBytes)
    })
    f.increase(y, i32.mul(rows, outWidth * tapBytes))
  })
}

/** Cuts so many things into parts of at most `most`, as equal as can be. */
export function evenParts(
  all: number,
  most: number,
): readonly { readonly first: number; readonly count: number }[] {
  const number = Math.ceil(all / most)
  const edges = Array.from({ length: number + 1 }, (_, k) => Math.floor((k * all) / number))
  return edges.slice(1).map((end, k) => ({ first: edges[k] as number, count: end - (edges[k] as number) }))
}
