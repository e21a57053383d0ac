import { availableParallelism } from 'node:os'
import type { Arithmetic } from '@wengert/tape'

/** What `wengert train` was asked to do. */
export interface TrainSettings {
  readonly dataset: string
  readonly label?: string
  readonly classes?: number
  readonly model: 'mlp' | 'cnn'
  readonly hidden: readonly number[]
  readonly workers: number
  /** Bytes in all; absent for the default, which depends on the workers. */
  readonly memory?: number
  readonly epochs: number
  readonly batch: number
  readonly seed: number
  readonly optimiser: 'adam' | 'sgd'
  readonly rate?: number
  readonly momentum: number
  readonly arithmetic: Arithmetic
  readonly turbo?: true
  /** A file to begin with: parameters, and what else it takes to go on. */
  readonly load?: string
  /** A file that they go to. */
  readonly save?: string
  readonly json?: true
}

/** The largest `--workers`. */
export const MOST_WORKERS = 256

/** One worker a core. */
export const defaultWorkers = (): number => Math.min(availableParallelism(), MOST_WORKERS)

const MEBIBYTE = 2 ** 20

/** 32 MiB a worker, at least 64 MiB. */
export const defaultMemoryBytes = (workers: number): number => Math.max(64, 32 * workers) * MEBIBYTE
