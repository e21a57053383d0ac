/**
 * Convolution as unfolded patches times the filter, in blocks of output positions, and its two pullbacks:
 * dx = fold(ct · filterᵀ), dfilter = Σ unfold(x)ᵀ · ct. Blocks are visited in a fixed order, group by group.
 *
 * Where few channels would make a patch cost as much to copy as to multiply, nothing is unfolded: `direct.ts` for filters
 * that are small, `stencil.ts` for one channel, `dots.ts` for the cotangents of images of few.
 *
 * Known limit: the cotangent of an image is folded where there are strides.
 */
import { emitProduct, lanesOf, type ProductSpec, planProduct } from '../gemm/index.js'
import type { Kernel, KernelContext } from '../kernel.js'
import { type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { eachBlock } from './blocks.js'
import { type Direct, directFilterPullback, directInputPullback, directValue } from './direct.js'
import { dotsInputPullback } from './dots.js'
import { defineFold, defineUnfold } from './patches.js'
import { type Conv2dSpec, conv2dKey, conv2dSizes, positionBlock } from './spec.js'
import { isStencil, stencilFilterPullback, stencilInputPullback, stencilValue } from './stencil.js'

type Int = Local<'i32'>

/**
 * out[n, oh, ow, o] = Σ x[n, oh·sh + i − top, ow·sw + j − left, c] · filter[i, j, c, o]; inputs x and filter. With
 * dilation i and j count steps of it; with groups all three have them as their first axis. The bits of an image's
 * output do not depend on the rest of the batch.
 *
 * @throws RangeError if a size is not a whole number ≥ 0, or a window or a stride is not ≥ 1.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 8, width: 8, inChannels: 2, outChannels: 3 }
 * const sliding = { window: [3, 3], stride: [1, 1], padding: [[1, 1], [1, 1]] }
 * conv2d({ ...image, ...sliding }).flops // → 6912
 */
export function conv2d(spec: Conv2dSpec): Kernel {
  const { patch } = conv2dSizes(spec)
  const { outChannels } = spec
  const { image, filter, out } = elementsOf(spec)
  return convolution('conv2d', spec, {
    direct: isStencil(spec) ? stencilValue : directValue,
    product: positions => ({ m: positions, n: outChannels, k: patch, transposeA: false, transposeB: false }),
    elements: [image, filter, out],
    emit(context, { plan, patches, product, operands: [x, w, y] }) {
      const { f } = context
      const { bytes } = lanesOf[spec.dtype]
      if (conv2dSizes(spec).pointwise) {
        emitProduct(context, plan, { a: x, b: w, c: y, scratch: product })
        return
      }
      eachBlock(f, spec, block => {
        block.walk(defineUnfold(context.module, spec), x, patches)
        emitProduct(context, plan, {
          a: patches,
          b: w,
          c: i32.add(y, i32.mul(block.first, outChannels * bytes)),
          m: block.positions,
          scratch: product,
        })
      })
    },
  })
}

/**
 * Cotangent of a convolution's image: inputs ct[n, oh, ow, o] and filter, output dx[n, h, w, c].
 *
 * @throws RangeError as {@link conv2d} does.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 8, width: 8, inChannels: 2, outChannels: 3 }
 * const sliding = { window: [3, 3], stride: [1, 1], padding: [[1, 1], [1, 1]] }
 * conv2dInputPullback({ ...image, ...sliding }).outputs // → 1
 */
export function conv2dInputPullback(spec: Conv2dSpec): Kernel {
  const { patch } = conv2dSizes(spec)
  const { outChannels } = spec
  const { image, filter, out } = elementsOf(spec)
  return convolution('conv2d-input-pullback', spec, {
    direct: isStencil(spec)
      ? stencilInputPullback
      : one => directInputPullback(one) ?? dotsInputPullback(one),
    product: positions => ({ m: positions, n: patch, k: outChannels, transposeA: false, transposeB: true }),
    elements: [out, filter, image],
    emit(context, { plan, patches, product, clear, operands: [ct, w, dx] }) {
      const { f } = context
      const { bytes } = lanesOf[spec.dtype]
      if (conv2dSizes(spec).pointwise) {
        emitProduct(context, plan, { a: ct, b: w, c: dx, scratch: product })
        return
      }
      clear(dx)
      eachBlock(f, spec, block => {
        emitProduct(context, plan, {
          a: i32.add(ct, i32.mul(block.first, outChannels * bytes)),
          b: w,
          c: patches,
          m: block.positions,
          scratch: product,
        })
        block.walk(defineFold(context.module, spec), dx, patches)
      })
    },
  })
}

/**
 * Cotangent of a convolution's filter: inputs x and ct[n, oh, ow, o], output dfilter[kh, kw, c, o].
 *
 * @throws RangeError as {@link conv2d} does.
 * @example
 * const image = { dtype: 'f32', batch: 1, height: 8, width: 8, inChannels: 2, outChannels: 3 }
 * const sliding = { window: [3, 3], stride: [1, 1], padding: [[1, 1], [1, 1]] }
 * conv2dFilterPullback({ ...image, ...sliding }).inputs // → 2
 */
export function conv2dFilterPullback(spec: Conv2dSpec): Kernel {
  const { patch } = conv2dSizes(spec)
  const { outChannels } = spec
  const { image, filter, out } = elementsOf(spec)
  return convolution('conv2d-filter-pullback', spec, {
    direct: isStencil(spec) ? stencilFilterPullback : directFilterPullback,
    product: positions => ({ m: patch, n: outChannels, k: positions, transposeA: true, transposeB: false }),
    elements: [image, out, filter],
    emit(context, { plan, patches, product, operands: [x, ct, dw] }) {
      const { f } = context
      const { bytes } = lanesOf[spec.dtype]
      if (conv2dSizes(spec).pointwise) {
        emitProduct(context, plan, { a: x, b: ct, c: dw, scratch: product })
        return
      }
      eachBlock(f, spec, block => {
        block.walk(defineUnfold(context.module, spec), x, patches)
        emitProduct(context, plan, {
          a: patches,
          b: i32.add(ct, i32.mul(block.first, outChannels * bytes)),
          c: dw,
          k: block.positions,
          add: i32.ne(block.first, 0),
          scratch: product,
        })
      })
    },
  })
}

interface Parts {
  readonly plan: ReturnType<typeof planProduct>
  /** Scratch for a block of patches, and for the product. */
  readonly patches: Int
  readonly product: Int
  /** Addresses of both inputs and the output, of the group at hand. */
  readonly operands: readonly [Int, Int, Int]
  /** Fills the output with zeros. */
  clear(out: Int): void
}

interface Convolution {
  /** The way that needs no patches, where it is the better one. */
  direct(spec: Conv2dSpec): Direct | null
  /** The product of a block of so many positions. */
  product(positions: number): Omit<ProductSpec, 'dtype'>
  /** Elements of both inputs and of the output, of one group. */
  readonly elements: readonly [number, number, number]
  emit(context: KernelContext, parts: Parts): void
}

/** Elements of image, filter and output of one group. */
function elementsOf(spec: Conv2dSpec) {
  const { patch, positions } = conv2dSizes(spec)
  return {
    image: spec.batch * spec.height * spec.width * spec.inChannels,
    filter: patch * spec.outChannels,
    out: positions * spec.outChannels,
  }
}

/** Bytes kept after the patches, for reads of whole vectors. */
const GUARD_BYTES = 16

function convolution(name: string, spec: Conv2dSpec, way: Convolution): Kernel {
  const { product, elements, emit } = way
  const { dtype, outChannels } = spec
  const { bytes } = lanesOf[dtype]
  const sizes = conv2dSizes(spec)
  const { rows, columns } = positionBlock(spec, sizes)
  const plan = planProduct({ dtype, ...product(sizes.pointwise ? sizes.positions : rows * columns) })
  const patchBytes = sizes.pointwise
    ? 0
    : Math.ceil((rows * columns * sizes.patch * bytes + GUARD_BYTES) / 16) * 16
  const empty = sizes.positions * sizes.patch * outChannels * sizes.groups === 0
  const outBytes = elements[2] * bytes
  const direct = empty || sizes.pointwise ? null : way.direct(spec)
  return {
    key: conv2dKey(name, spec),
    inputs: 2,
    outputs: 1,
    scratchBytes: empty ? 0 : (direct?.scratchBytes ?? patchBytes + plan.scratchBytes),
    flops: sizes.flops,
    emit(context) {
      const { f, inputs, outputs, scratch } = context
      if (empty) {
        zero(f, f.int(outputs[0] ?? 0), sizes.groups * outBytes)
        return
      }
      const [patches, at] = [f.int(scratch), f.int(i32.add(scratch, patchBytes))]
      const operands = [f.int(inputs[0] ?? 0), f.int(inputs[1] ?? 0), f.int(outputs[0] ?? 0)] as const
      const clear = (out: Int) => zero(f, out, outBytes)
      const group = () => {
        if (direct) direct.emit(context, operands, patches)
        else emit(context, { plan, patches, product: at, operands, clear })
      }
      if (sizes.groups === 1) {
        group()
        return
      }
      // In ascending order, since whole vectors at the end of a group's output reach into the next one's.
      f.for(f.local('i32'), 0, sizes.groups, 1, () => {
        group()
        operands.forEach((operand, k) => {
          f.increase(operand, (elements[k] as number) * bytes)
        })
      })
    },
  }
}

function zero(f: FunctionBuilder, out: Int, bytes: number): void {
  const at = f.local('i32')
  const end = f.int(i32.add(out, bytes))
  f.for(at, out, end, 16, () => f.do(v128.store(at, v128.const(new Uint8Array(16)))))
}
