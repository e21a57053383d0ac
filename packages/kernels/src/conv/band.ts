/**
 * Bands: the rows of one image that some rows of output look at, in the image itself or, where there is padding, copied
 * into working space with zeros around them.
 */
import { lanesOf } from '../gemm/index.js'
import {
  type Expr,
  type Func,
  type FunctionBuilder,
  i32,
  type Local,
  type ModuleBuilder,
  select,
  v128,
} from '../wasm/index.js'
import { type Conv2dSpec, conv2dKey, conv2dSizes } from './spec.js'
import { dilationOf } from './window.js'

type Int = Local<'i32'>

/** Output positions of a band, if its rows are not longer: the length of a sum over positions. */
const POSITIONS = 512
/** Bytes of a padded band, if a single row of output does not need more. */
const BAND_BYTES = 65536
/** Kept after a padded band, for reads and writes of whole vectors. */
const GUARD_BYTES = 32

/** Vectors that are copied in one turn. */
const UNROLLED = 8

/** How an image is cut into bands. */
export interface BandPlan {
  /** Output rows of a band; the last one may have fewer. */
  readonly rows: number
  /** Bytes from one row of the band to the next. */
  readonly rowBytes: number
  readonly scratchBytes: number
}

/** Cuts the images of a convolution; depends on a single image alone. */
export function planBands(spec: Conv2dSpec): BandPlan {
  const { bytes } = lanesOf[spec.dtype]
  const { outHeight, outWidth } = conv2dSizes(spec)
  const { width, inChannels, padding, stride, window } = spec
  const rowBytes = (width + padding[1][0] + padding[1][1]) * inChannels * bytes
  const fitting = Math.floor(POSITIONS / Math.max(1, outWidth))
  if (!isPadded(spec)) return { rows: within(fitting, outHeight), rowBytes, scratchBytes: 0 }
  const extent = dilationOf(spec)[0] * (window[0] - 1) + 1
  const held = Math.floor((BAND_BYTES / rowBytes - extent) / stride[0]) + 1
  const rows = within(Math.min(fitting, held), outHeight)
  const bandBytes = ((rows - 1) * stride[0] + extent) * rowBytes
  return { rows, rowBytes, scratchBytes: Math.ceil((bandBytes + GUARD_BYTES) / 16) * 16 }
}

const within = (value: number, most: number) => Math.max(1, Math.min(value, most))
const isPadded = ({ padding }: Conv2dSpec) => padding.flat().some(size => size > 0)

/** What is at hand while a band is worked on. */
export interface Band {
  /** Address of the first element that the first output position looks at. */
  readonly input: Int
  /** Output rows, and how many there were before, counted over the batch. */
  readonly rows: Int
  readonly before: Int
}

/** Runs the body for each band of each image, in ascending order. */
export function eachBand(
  f: FunctionBuilder,
  module: ModuleBuilder,
  spec: Conv2dSpec,
  { image, scratch }: { readonly image: Int; readonly scratch: Int },
  body: (band: Band) => void,
): void {
  const { bytes } = lanesOf[spec.dtype]
  const { outHeight } = conv2dSizes(spec)
  const plan = planBands(spec)
  const { batch, height, width, inChannels, stride, window } = spec
  const extent = dilationOf(spec)[0] * (window[0] - 1) + 1
  const [at, before, row0, rows] = [f.int(image), f.int(0), f.local('i32'), f.local('i32')]
  const input = f.local('i32')
  f.for(f.local('i32'), 0, batch, 1, () => {
    f.for(row0, 0, outHeight, plan.rows, () => {
      f.set(rows, i32.sub(outHeight, row0))
      f.set(rows, select(rows, i32.const(plan.rows), i32.ltU(rows, plan.rows)))
      if (isPadded(spec)) {
        const first = i32.sub(i32.mul(row0, stride[0]), spec.padding[0][0])
        const count = i32.add(i32.mul(i32.sub(rows, 1), stride[0]), extent)
        f.call(definePaddedCopy(module, spec), at, scratch, first, count)
        f.set(input, scratch)
      } else f.set(input, i32.add(at, i32.mul(row0, stride[0] * plan.rowBytes)))
      body({ input, rows, before })
      f.increase(before, rows)
    })
    f.increase(at, height * width * inChannels * bytes)
  })
}

/** Defines copy(image, to, row, rows): rows of an image from any row on, even −1, with zeros where there is none. */
function definePaddedCopy(module: ModuleBuilder, spec: Conv2dSpec): Func {
  const lanes = lanesOf[spec.dtype]
  const { height, width, inChannels, padding } = spec
  const elements = (columns: number) => columns * inChannels
  return module.define(
    conv2dKey('pad', spec),
    ['i32', 'i32', 'i32', 'i32'],
    [],
    (f, image, to, row, rows) => {
      const [from, end] = [f.local('i32'), f.int(i32.add(row, rows))]
      const zero = f.local('v128')
      /** Whole vectors: what is written too far is overwritten by what follows, and at the end falls into the guard. */
      const fill = (count: number, value: (offset: number) => Expr<'v128'>) => {
        const vectors = Math.ceil(count / lanes.count)
        const looped = vectors - (vectors % UNROLLED)
        const left = f.int(looped)
        const step = (number: number) => {
          for (let v = 0; v < number; v++) f.do(v128.store(to, value(v * 16), v * 16))
        }
        if (looped > 0)
          f.while(left, () => {
            step(UNROLLED)
            f.increase(to, UNROLLED * 16)
            f.increase(from, UNROLLED * 16)
            f.increase(left, -UNROLLED)
          })
        step(vectors - looped)
        f.increase(to, count * lanes.bytes - looped * 16)
      }
      const zeros = (columns: number) => fill(elements(columns), () => zero)
      f.while(i32.ne(row, end), () => {
        f.if(
          i32.ltU(row, height),
          () => {
            zeros(padding[1][0])
            f.set(from, i32.add(image, i32.mul(row, elements(width) * lanes.bytes)))
            fill(elements(width), offset => v128.load(from, offset))
            zeros(padding[1][1])
          },
          () => zeros(width + padding[1][0] + padding[1][1]),
        )
        f.increase(row, 1)
      })
    },
  )
}
