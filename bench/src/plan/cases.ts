import type { Layer } from './layers.js'
import { fcn8, lstm, mobileNet, resNet, segNet, transformer, uNet, vgg } from './networks/index.js'
import { publishedStep, type TrainingStep, trainingStep } from './training-step.js'

/** A network with the size of its batch. */
interface Case {
  readonly layers: () => readonly Layer[]
  readonly batch: number
  /** Whether it is as in the graphs of Jain et al. 2020. Default false. */
  readonly isPublished?: boolean
}

// Batches as in the budget sweeps of Jain et al. 2020 where they give one (VGG-16, MobileNet, U-Net).
const cases = {
  'vgg-16': { layers: () => vgg(16), batch: 256, isPublished: true },
  'vgg-19': { layers: () => vgg(19), batch: 256, isPublished: true },
  mobilenet: { layers: () => mobileNet(), batch: 512, isPublished: true },
  'resnet-50': { layers: () => resNet(), batch: 128, isPublished: true },
  'u-net': { layers: () => uNet(), batch: 32, isPublished: true },
  'fcn-8': { layers: () => fcn8(), batch: 32, isPublished: true },
  segnet: { layers: () => segNet(), batch: 32, isPublished: true },
  'transformer-12': { layers: () => transformer(12), batch: 8 },
  'lstm-256': { layers: () => lstm(256), batch: 32 },
  'transformer-1': { layers: () => transformer(1), batch: 8 },
  'u-net-2': { layers: () => uNet(2), batch: 32, isPublished: true },
  'resnet-1': { layers: () => resNet([[64, 1, 1]]), batch: 128, isPublished: true },
  'lstm-4': { layers: () => lstm(4), batch: 32 },
} as const satisfies Record<string, Case>

/** The name of a training step. */
export type CaseName = keyof typeof cases

/** The names of all training steps. */
export const caseNames = Object.keys(cases) as readonly CaseName[]

/** The networks over which planners are compared in the mean. */
export const meanNames: readonly CaseName[] = caseNames.slice(0, 7)

/** The training step of a case; `flopsPerByte` are FLOP that take as long as moving a byte. */
export function caseOf(name: CaseName, flopsPerByte = 0): TrainingStep {
  const { layers, batch, isPublished = false }: Case = cases[name]
  return (isPublished ? publishedStep : trainingStep)(layers(), batch, flopsPerByte)
}
