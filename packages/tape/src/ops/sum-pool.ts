// Sums over windows are linear; S and its transpose are closed under differentiation.
import { type FloatDType, sumPool2d as sumKernel, sumPool2dPullback } from '@wengert/kernels'
import { type Aval, type Params, registerOp } from '../program/index.js'
import { applyOne, type Tensor } from '../record/index.js'
import { defineRule } from '../rules/index.js'
import { merged } from './batch.js'
import { outputLengths, type Window, windowOf } from './window.js'

type Images = readonly [number, number, number, number]

const imageShape = (params: Params) => params.x as unknown as Images

function spec([batch, height, width, channels]: Images, dtype: string, params: Params) {
  return { dtype: dtype as FloatDType, batch, height, width, channels, ...windowOf(params) }
}

registerOp({
  name: 'sumPool2d',
  infer([x], params) {
    const { dtype, shape } = x as Aval
    const [n, height, width, channels] = shape as unknown as Images
    return [{ dtype, shape: [n, ...outputLengths([height, width], windowOf(params)), channels] }]
  },
  lower: ([x], _out, params) =>
    sumKernel(spec((x as Aval).shape as unknown as Images, (x as Aval).dtype, params)),
})
registerOp({
  name: 'sumPool2dPullback',
  infer: ([ct], params) => [{ dtype: (ct as Aval).dtype, shape: imageShape(params) }],
  lower: ([ct], _out, params) => sumPool2dPullback(spec(imageShape(params), (ct as Aval).dtype, params)),
})

defineRule('sumPool2d', {
  pullback: ({ inputs: [x], ct, params }) => [
    applyOne('sumPool2dPullback', [ct], { ...params, x: (x as Tensor).shape }),
  ],
  pushforward: 'linear',
  batch: site => merged('sumPool2d', site, site.params),
})
defineRule('sumPool2dPullback', {
  pullback: ({ ct, params }) => [applyOne('sumPool2d', [ct], { ...windowOf(params) } as unknown as Params)],
  pushforward: 'linear',
  batch(site) {
    const [n, ...image] = imageShape(site.params)
    return merged('sumPool2dPullback', site, { ...site.params, x: [site.size * n, ...image] })
  },
})

/** Sum of x over each window; padding counts nothing. */
export const sumPool = (x: Tensor, over: Window): Tensor =>
  applyOne('sumPool2d', [x], { ...over } as unknown as Params)
