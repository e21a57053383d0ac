import { crossEntropy, dense, embedding, layerNorm, multiHeadAttention } from '@wengert/nn'
import { gelu, OptionError } from '@wengert/tape'
import { BYTES, checkLength, denseAvals, f32, gradientProgram, i32, type PlannedModel } from './model.js'

/**
 * Layers of causal attention that guess the next byte of a text, normalised before each part (Vaswani et al. 2017;
 * Radford et al. 2019).
 */
export const transformerModel: PlannedModel = {
  takes: ['batch', 'steps', 'layers', 'width', 'heads'],
  gradient({ batch = 16, steps = 128, layers = 4, width = 128, heads = 4 }) {
    if (width % heads !== 0) {
      throw new OptionError({
        summary: `\`--heads\` is ${heads}, but \`--width\` is ${width}.`,
        expected: `a number of heads that divides ${width}`,
        data: { option: '--heads', value: heads },
      })
    }
    checkLength('--width', Math.max(width, BYTES) * 4 * width)
    checkLength('--steps', batch * steps * Math.max(4 * width, BYTES, heads * steps))
    const norm = { scale: f32(width), shift: f32(width) }
    const layer = denseAvals(width, width)
    const params = {
      words: { table: f32(BYTES, width) },
      places: f32(steps, width),
      layers: Array.from({ length: layers }, () => ({
        before: norm,
        attention: { query: layer, key: layer, value: layer, out: layer },
        between: norm,
        wide: denseAvals(width, 4 * width),
        narrow: denseAvals(4 * width, width),
      })),
      after: norm,
      head: denseAvals(width, BYTES),
    }
    const program = gradientProgram(
      ({ words, places, layers, after, head }, x, y) => {
        const out = layers.reduce((x, { before, attention, between, wide, narrow }) => {
          const mixed = x.add(multiHeadAttention(attention, layerNorm(before, x), { heads, causal: true }))
          return mixed.add(dense(narrow, gelu(dense(wide, layerNorm(between, mixed)))))
        }, embedding(words, x).add(places))
        return crossEntropy(dense(head, layerNorm(after, out)), y)
      },
      params,
      i32(batch, steps),
      i32(batch, steps),
    )
    return {
      title: `transformer over ${batch} rows of ${steps} steps`,
      options: { batch, steps, layers, width, heads },
      program,
    }
  },
}
