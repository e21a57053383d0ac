import type { DType } from '@wengert/kernels'
import * as tape from '@wengert/tape'
import * as textbook from '../reference/index.js'
import { type Bound, EXACT, ROUNDED } from './bounds.js'
import { call, floats } from './call.js'
import type { ConformanceCase } from './case.js'

const key = { dtype: 'i32' as const, shape: [2] }
const shapes = [[], [0], [3], [5], [17], [3, 5], [2, 0, 3]]
const counts = [0, 1, 2, 5]

const i32 = (shape: readonly number[], values: readonly number[]): textbook.Plain => ({
  dtype: 'i32',
  shape,
  values,
})

/** Cases of keys. */
function keyCases(): ConformanceCase[] {
  return [
    ...[0, 7, 2 ** 32 + 5, 2 ** 53 - 1].map(seed =>
      call('randomKey', {
        // Plus an operand, since a batch needs one.
        operands: [key],
        options: `${seed}, plus`,
        run: x => tape.add(tape.randomKey(seed), x),
        reference: x => {
          const words = [seed | 0, Math.floor(seed / 2 ** 32) | 0]
          return i32(
            [2],
            words.map((word, k) => (word + (x.values[k] as number)) | 0),
          )
        },
      }),
    ),
    ...counts.map(count =>
      call('splitKey', {
        operands: [key],
        options: `${count}`,
        run: x => tape.splitKey(x, count),
        reference: x => textbook.derivedKeys(x, i32([count], [...Array(count).keys()]), 2),
      }),
    ),
    ...[[], [5], [2, 3], [0]].map(shape =>
      call('foldIn', {
        operands: [key, { dtype: 'i32', shape }],
        run: (x, data) => tape.foldIn(x, data),
        reference: (x, data) => textbook.derivedKeys(x, data, 1),
      }),
    ),
    ...[-1, 3, 2 ** 32 - 1].map(datum =>
      call('foldIn', {
        operands: [key],
        options: `${datum}`,
        run: x => tape.foldIn(x, datum),
        reference: x => textbook.derivedKeys(x, i32([], [datum | 0]), 1),
      }),
    ),
  ]
}

/** Cases of what is drawn from keys. */
export function randomCases(): ConformanceCase[] {
  const plain = shapes.flatMap(shape =>
    [0, 5, 2 ** 32 - 1].map(stream =>
      call('randomBits', {
        operands: [key],
        options: `[${shape}] stream ${stream}`,
        run: x => tape.randomBits(x, shape, { stream }),
        reference: x => textbook.randomBits(x, shape, stream),
      }),
    ),
  )
  const permutations = [...counts, 33].map(count =>
    call('permutation', {
      operands: [key],
      options: `${count}`,
      run: x => tape.permutation(x, count),
      reference: x => textbook.permutation(x, count),
    }),
  )
  const drawn = (floats as ('f32' | 'f64')[]).flatMap(dtype => [
    ...shapes.flatMap(shape =>
      (
        [
          [0, 1, EXACT],
          [-2, 6, ROUNDED],
        ] as readonly [number, number, Bound][]
      ).map(([low, high, bound]) =>
        call('uniform', {
          operands: [key],
          options: `[${shape}] ${dtype} from ${low} to ${high}`,
          run: x => tape.uniform(x, shape, { low, high, dtype }),
          reference: x => textbook.uniform(x, shape, dtype, low, high),
          bound,
        }),
      ),
    ),
    ...shapes.map(shape =>
      call('normal', {
        operands: [key],
        options: `[${shape}] ${dtype}`,
        run: x => tape.normal(x, shape, { mean: 0.25, deviation: 2, dtype }),
        reference: x => textbook.normal(x, shape, dtype, 0.25, 2),
        scale: x => ({ ...textbook.normal(x, shape, dtype, 4, 0) }),
        bound: [8, 24],
      }),
    ),
    ...(
      [
        [[], [17]],
        [[5], [3, 5]],
        [
          [3, 5],
          [3, 5],
        ],
      ] as const
    ).map(([own, shape]) =>
      call('bernoulli', {
        operands: [key, { dtype, shape: own }],
        options: `[${shape}]`,
        domain: [-0.2, 1.2],
        differentiable: false,
        run: (x, p) => tape.bernoulli(x, p, shape),
        reference: (x, p) => textbook.bernoulli(x, p, shape),
      }),
    ),
    ...(
      [
        [[5], -1],
        [[3, 5], 1],
        [[3, 5], 0],
        [[2, 3, 5], 1],
      ] as const
    ).map(([shape, axis]) =>
      call('categorical', {
        operands: [key, { dtype: dtype as DType, shape }],
        options: `axis ${axis}`,
        differentiable: false,
        run: (x, logits) => tape.categorical(x, logits, { axis }),
        reference: (x, logits) => textbook.categorical(x, logits, axis),
      }),
    ),
  ])
  return [...keyCases(), ...plain, ...permutations, ...drawn]
}
