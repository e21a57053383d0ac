/**
 * im2col and its adjoint: rows of patches [position][kh][kw][c] against an image [h][w][c]. Chellapilla, Puri &
 * Simard 2006, "High performance convolutional neural networks for document processing".
 *
 * For one row of output and one row of the window, the patches' parts are runs of kw·c elements of one image row,
 * `stride · c` apart; only the first and the last few positions meet padding. With dilation to the right a run is a
 * single element of the window, c elements.
 */
import { lanesOf, storePart } from '../gemm/index.js'
import {
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from '../wasm/index.js'
import { type Conv2dSpec, conv2dKey, conv2dSizes, positionBlock } from './spec.js'
import { dilationOf } from './window.js'

type Int = Local<'i32'>

/** What to do with runs of elements of patches. */
interface Runs {
  /** A run that lies in the image: the addresses in the image and in the patch. */
  inside(image: Int, patch: Int, elements: number): void
  /** A run in the padding. */
  outside(patch: Int, elements: number): void
}

const VECTORS_UNROLLED = 8
/** Positions at either end of a row whose padding is worked out in advance, if there are no more. */
const EDGES_UNROLLED = 6

/** Runs the body for each vector of a run: byte offset and lanes in use. */
function eachVector(
  f: FunctionBuilder,
  spec: Conv2dSpec,
  elements: number,
  pointers: readonly Int[],
  body: (pointers: readonly Int[], offset: number, live: number) => void,
): void {
  const { count, bytes } = lanesOf[spec.dtype]
  const whole = Math.floor(elements / count)
  const rest = elements % count
  if (whole <= VECTORS_UNROLLED) {
    for (let v = 0; v < whole; v++) body(pointers, v * 16, count)
    if (rest > 0) body(pointers, whole * 16, rest)
    return
  }
  const moving = pointers.map(pointer => f.int(pointer))
  const [head] = moving
  if (!head) return
  const turns = whole - (whole % 4)
  const end = f.int(i32.add(head, turns * count * bytes))
  f.for(head, head, end, 64, () => {
    for (let v = 0; v < 4; v++) body(moving, v * 16, count)
    for (const pointer of moving.slice(1)) f.increase(pointer, 64)
  })
  for (let v = turns; v < whole; v++) body(moving, (v - turns) * 16, count)
  if (rest > 0) body(moving, (whole - turns) * 16, rest)
}

const PARAMS = ['i32', 'i32', 'i32', 'i32', 'i32'] as const

/**
 * Defines walk(image, patches, row, from, to): all runs of output positions from ≤ column < to of an output row of
 * one image.
 */
function defineWalk(
  module: ModuleBuilder,
  name: string,
  spec: Conv2dSpec,
  runsOf: (f: FunctionBuilder) => Runs,
): Func {
  const { bytes } = lanesOf[spec.dtype]
  const sizes = conv2dSizes(spec)
  const { patch: patchElements, outWidth } = sizes
  const wholeRows = positionBlock(spec, sizes).columns === outWidth
  const { height, width, inChannels } = spec
  const [windowHeight, windowWidth] = spec.window
  const [strideDown, strideRight] = spec.stride
  const [[top], [left]] = spec.padding
  const [apartDown, apart] = dilationOf(spec)
  const [patchBytes, pixelBytes] = [patchElements * bytes, inChannels * bytes]
  const runBytes = windowWidth * pixelBytes
  // Windows at columns firstInside ≤ column < firstOutside lie within the width of the image.
  const firstInside = Math.min(outWidth, Math.ceil(left / strideRight))
  const fits = Math.floor((width + left - (apart * (windowWidth - 1) + 1)) / strideRight) + 1
  const firstOutside = Math.min(outWidth, Math.max(firstInside, fits))

  return module.define(conv2dKey(name, spec), PARAMS, [], (f, image, patches, row, from, to) => {
    const runs = runsOf(f)
    const [down, y, line] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const [column, begin, end, tap] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
    const [at, pixel, x] = [f.local('i32'), f.local('i32'), f.local('i32')]
    const element = apart === 1 ? at : f.local('i32')
    const times = (count: Int, step: number) => (step === 1 ? count : i32.mul(count, step))
    const clamp = (value: number) => select(i32.const(value), to, i32.ltU(value, to))
    const atLeast = (value: number) => select(i32.const(value), from, i32.gtU(value, from))
    const startAt = () => f.set(at, i32.add(patches, i32.mul(i32.sub(begin, from), patchBytes)))

    const edge = () => {
      startAt()
      f.for(column, begin, end, 1, () => {
        f.for(tap, 0, windowWidth, 1, () => {
          f.set(x, i32.sub(i32.add(i32.mul(column, strideRight), times(tap, apart)), left))
          f.if(
            i32.ltU(x, width),
            () => {
              f.set(pixel, i32.add(line, i32.mul(x, pixelBytes)))
              runs.inside(pixel, at, inChannels)
            },
            () => runs.outside(at, inChannels),
          )
          f.increase(at, pixelBytes)
        })
        f.increase(at, patchBytes - runBytes)
      })
    }
    const range = (low: number, high: number) => {
      f.set(begin, atLeast(low))
      f.set(end, clamp(high))
    }
    const edges = (low: number, high: number) => {
      if (low >= high) return
      if (wholeRows && apart === 1 && high - low <= EDGES_UNROLLED) {
        for (let position = low; position < high; position++) knownEdge(position)
      } else {
        range(low, high)
        edge()
      }
    }
    const knownEdge = (position: number) => {
      const firstX = position * strideRight - left
      const before = Math.min(windowWidth, Math.max(0, -firstX))
      const past = Math.max(before, Math.min(windowWidth, width - firstX))
      f.set(at, i32.add(patches, position * patchBytes))
      if (before > 0) runs.outside(at, before * inChannels)
      f.increase(at, before * pixelBytes)
      if (past > before) {
        f.set(pixel, i32.add(line, (firstX + before) * pixelBytes))
        runs.inside(pixel, at, (past - before) * inChannels)
      }
      f.increase(at, (past - before) * pixelBytes)
      if (past < windowWidth) runs.outside(at, (windowWidth - past) * inChannels)
    }

    /** The part of a patch that lies in the image, at `at`, from `pixel` on. */
    const inside = () => {
      if (apart === 1) {
        runs.inside(pixel, at, windowWidth * inChannels)
        return
      }
      f.set(x, pixel)
      f.set(element, at)
      f.for(tap, 0, windowWidth, 1, () => {
        runs.inside(x, element, inChannels)
        f.increase(x, apart * pixelBytes)
        f.increase(element, pixelBytes)
      })
    }

    f.for(down, 0, windowHeight, 1, () => {
      f.set(y, i32.sub(i32.add(i32.mul(row, strideDown), times(down, apartDown)), top))
      f.if(
        i32.ltU(y, height),
        () => {
          f.set(line, i32.add(image, i32.mul(y, width * pixelBytes)))
          edges(0, firstInside)
          range(firstInside, firstOutside)
          startAt()
          f.set(pixel, i32.add(line, i32.mul(i32.sub(i32.mul(begin, strideRight), left), pixelBytes)))
          f.for(column, begin, end, 1, () => {
            inside()
            f.increase(at, patchBytes)
            f.increase(pixel, strideRight * pixelBytes)
          })
          edges(firstOutside, outWidth)
        },
        () => {
          range(0, outWidth)
          startAt()
          f.for(column, begin, end, 1, () => {
            runs.outside(at, windowWidth * inChannels)
            f.increase(at, patchBytes)
          })
        },
      )
      f.increase(patches, runBytes)
    })
  })
}

/** Defines unfold(image, patches, row, from, to): copies patches out of an image; padding is zero. */
export function defineUnfold(module: ModuleBuilder, spec: Conv2dSpec): Func {
  const lanes = lanesOf[spec.dtype]
  return defineWalk(module, 'unfold', spec, f => {
    const zero = f.local('v128')
    return {
      inside: (image, patch, elements) =>
        eachVector(f, spec, elements, [image, patch], ([from, to], offset, live) => {
          storePart(f, lanes, to ?? 0, v128.load(from ?? 0, offset), live, offset)
        }),
      outside: (patch, elements) =>
        eachVector(f, spec, elements, [patch], ([to], offset, live) => {
          storePart(f, lanes, to ?? 0, zero, live, offset)
        }),
    }
  })
}

/** Defines fold(image, patches, row, from, to), the adjoint of unfold: adds patches to an image. */
export function defineFold(module: ModuleBuilder, spec: Conv2dSpec): Func {
  const lanes = lanesOf[spec.dtype]
  return defineWalk(module, 'fold', spec, f => ({
    inside: (image, patch, elements) =>
      eachVector(f, spec, elements, [image, patch], ([to, from], offset, live) => {
        const sum = f.local(lanes.add(v128.load(to ?? 0, offset), v128.load(from ?? 0, offset)))
        storePart(f, lanes, to ?? 0, sum, live, offset)
      }),
    outside: () => {},
  }))
}
