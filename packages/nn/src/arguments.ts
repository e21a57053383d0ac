import { checkArgument } from '@wengert/tape'

const isLength = (length: unknown): boolean => Number.isInteger(length) && (length as number) >= 0

/** @throws {@link OptionError} for anything else than a whole number from 0. */
export const checkLength = (owner: string, name: string, length: number): void =>
  checkArgument(owner, name, length, isLength(length), 'a whole number from 0')

/** @throws {@link OptionError} for anything else than a list of whole numbers from 0. */
export const checkLengths = (owner: string, name: string, lengths: readonly number[]): void =>
  checkArgument(
    owner,
    name,
    lengths,
    Array.isArray(lengths) && lengths.every(isLength),
    'a list of whole numbers from 0',
  )

/**
 * @param count how many there are; any number of them by default
 * @throws {@link OptionError} for anything else than a list of whole numbers above 0.
 */
export function checkCounts(owner: string, name: string, list: readonly number[], count?: number): void {
  const fits =
    Array.isArray(list) &&
    Array.from(list).every(each => Number.isInteger(each) && each > 0) &&
    list.length === (count ?? list.length)
  const many = count === undefined ? 'whole' : `a list of ${count} whole`
  checkArgument(owner, name, list, fits, `${many} numbers above 0`)
}

/** @throws {@link OptionError} for what are no rows. */
export function checkRows(owner: string, rows: number | ArrayLike<number>): void {
  const isRow = (row: unknown) => typeof row === 'number'
  const fits = isRow(rows) || (isList(rows) && (!Array.isArray(rows) || rows.every(isRow)))
  checkArgument(owner, 'the rows', rows, fits, 'row numbers, or how many rows there are')
}

/** Whether something is an array, of any kind. */
export const isList = (list: unknown): boolean => Array.isArray(list) || ArrayBuffer.isView(list)

/** @throws {@link OptionError} for what is no optimiser. */
export function checkOptimiser(owner: string, optimiser: object): void {
  const fits = ['init', 'update'].every(name => typeof Reflect.get(Object(optimiser), name) === 'function')
  checkArgument(owner, 'the optimiser', optimiser, fits, 'an optimiser, such as sgd()')
}
