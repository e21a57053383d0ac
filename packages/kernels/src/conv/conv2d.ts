/**
 * Convolution as unfolded patches times the filter, in blocks of output positions, and its two pullbacks:
 * dx = fold(ct · filterᵀ), dfilter = Σ unfold(x)ᵀ · ct. Blocks are visited in a fixed order.
 *
 * Known limit: with few channels a patch costs as much to copy as to multiply.
 */
import { emitProduct, lanesOf, type ProductSpec, planProduct } from '../gemm/index.js'
import type { Kernel, KernelContext } from '../kernel.js'
import { type FunctionBuilder, i32, type Local, v128 } from '../wasm/index.js'
import { eachBlock } from './blocks.js'
import { defineFold, defineUnfold } from './patches.js'
import { type Conv2dSpec, conv2dKey, conv2dSizes, positionBlock } from './spec.js'

type Int = Local<'i32'>

/**
 * out[n, oh, ow, o] = Σ x[n, oh·sh + i − top, ow·sw + j − left, c] · filter[i, j, c, o]; inputs x and filter. The bits
 * of an image's output do not depend on the rest of the batch.
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
  return convolution('conv2d', spec, {
    product: positions => ({ m: positions, n: outChannels, k: patch, transposeA: false, transposeB: false }),
    size: conv2dSizes(spec).positions * outChannels,
    emit(context, { plan, patches, product }) {
      const { f } = context
      const [x, filter, out] = operands(context)
      const { bytes } = lanesOf[spec.dtype]
      if (conv2dSizes(spec).pointwise) {
        emitProduct(context, plan, { a: x, b: filter, c: out, scratch: product })
        return
      }
      eachBlock(f, spec, block => {
        block.walk(defineUnfold(context.module, spec), x, patches)
        emitProduct(context, plan, {
          a: patches,
          b: filter,
          c: i32.add(out, i32.mul(block.first, outChannels * bytes)),
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
  return convolution('conv2d-input-pullback', spec, {
    product: positions => ({ m: positions, n: patch, k: outChannels, transposeA: false, transposeB: true }),
    size: spec.batch * spec.height * spec.width * spec.inChannels,
    emit(context, { plan, patches, product, clear }) {
      const { f } = context
      const [ct, filter, dx] = operands(context)
      const { bytes } = lanesOf[spec.dtype]
      if (conv2dSizes(spec).pointwise) {
        emitProduct(context, plan, { a: ct, b: filter, c: dx, scratch: product })
        return
      }
      clear(dx)
      eachBlock(f, spec, block => {
        emitProduct(context, plan, {
          a: i32.add(ct, i32.mul(block.first, outChannels * bytes)),
          b: filter,
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
  return convolution('conv2d-filter-pullback', spec, {
    product: positions => ({ m: patch, n: outChannels, k: positions, transposeA: true, transposeB: false }),
    size: patch * outChannels,
    emit(context, { plan, patches, product }) {
      const { f } = context
      const [x, ct, dfilter] = operands(context)
      const { bytes } = lanesOf[spec.dtype]
      if (conv2dSizes(spec).pointwise) {
        emitProduct(context, plan, { a: x, b: ct, c: dfilter, scratch: product })
        return
      }
      eachBlock(f, spec, block => {
        block.walk(defineUnfold(context.module, spec), x, patches)
        emitProduct(context, plan, {
          a: patches,
          b: i32.add(ct, i32.mul(block.first, outChannels * bytes)),
          c: dfilter,
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
  /** Fills the output with zeros. */
  clear(out: Int): void
}

interface Convolution {
  /** The product of a block of so many positions. */
  product(positions: number): Omit<ProductSpec, 'dtype'>
  /** Elements of the output. */
  readonly size: number
  emit(context: KernelContext, parts: Parts): void
}

function operands({ f, inputs, outputs }: KernelContext): readonly [Int, Int, Int] {
  const [first, second] = inputs
  const [out] = outputs
  return [f.int(first ?? 0), f.int(second ?? 0), f.int(out ?? 0)]
}

/** Bytes kept after the patches, for reads of whole vectors. */
const GUARD_BYTES = 16

function convolution(name: string, spec: Conv2dSpec, { product, size, emit }: Convolution): Kernel {
  const { dtype, outChannels } = spec
  const { bytes } = lanesOf[dtype]
  const sizes = conv2dSizes(spec)
  const { rows, columns } = positionBlock(spec, sizes)
  const plan = planProduct({ dtype, ...product(sizes.pointwise ? sizes.positions : rows * columns) })
  const patchBytes = sizes.pointwise
    ? 0
    : Math.ceil((rows * columns * sizes.patch * bytes + GUARD_BYTES) / 16) * 16
  const empty = sizes.positions * sizes.patch * outChannels === 0
  return {
    key: conv2dKey(name, spec),
    inputs: 2,
    outputs: 1,
    scratchBytes: empty ? 0 : patchBytes + plan.scratchBytes,
    flops: sizes.flops,
    emit(context) {
      const { f, outputs, scratch } = context
      const clear = (out: Int) => zero(f, out, size * bytes)
      if (empty) clear(f.int(outputs[0] ?? 0))
      else
        emit(context, { plan, patches: f.int(scratch), product: f.int(i32.add(scratch, patchBytes)), clear })
    },
  }
}

function zero(f: FunctionBuilder, out: Int, bytes: number): void {
  const at = f.local('i32')
  const end = f.int(i32.add(out, bytes))
  f.for(at, out, end, 16, () => f.do(v128.store(at, v128.const(new Uint8Array(16)))))
}
