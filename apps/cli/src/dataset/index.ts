import { type CsvOptions, readCsv } from './csv.js'
import type { Dataset } from './dataset.js'
import { readMnist } from './mnist.js'

export type { CsvOptions } from './csv.js'
export type { Dataset } from './dataset.js'

/** Reads the dataset of a name: `mnist`, or the path of a CSV file. */
export const readDataset = (name: string, options: CsvOptions, signal: AbortSignal): Promise<Dataset> =>
  name === 'mnist' ? readMnist() : readCsv(name, options, signal)
