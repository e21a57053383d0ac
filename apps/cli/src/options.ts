import { OptionError, parseByteSize } from '@wengert/tape'

/** A reader of whole numbers from `least` to `most`. */
export const whole = (option: string, least: number, most: number) => (text: string) => {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most) return value
  throw refused(option, text, `a whole number from ${least} to ${most}`)
}

/** A reader of numbers above 0. */
export const positive = (option: string) => (text: string) => {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value
  throw refused(option, text, 'a number above 0')
}

/** A reader of numbers from 0 to below 1. */
export const fraction = (option: string) => (text: string) => {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value < 1) return value
  throw refused(option, text, 'a number from 0 to below 1')
}

/** A reader of byte sizes. */
export const size = (option: string) => (text: string) => parseByteSize(text, option)

/** A reader of one of a few words. */
export const choice =
  <T extends string>(option: string, words: readonly T[]) =>
  (text: string): T => {
    const word = words.find(one => one === text)
    if (word !== undefined) return word
    throw refused(option, text, words.join(' or '))
  }

/** A reader of whole numbers above 0 with commas between them. */
export const lengths = (option: string) => (text: string) =>
  text.split(',').map(part => {
    const length = Number(part)
    if (part.trim() !== '' && Number.isInteger(length) && length > 0) return length
    throw refused(option, text, 'whole numbers above 0 with commas between them, such as 256,256')
  })

const refused = (option: string, text: string, expected: string) =>
  new OptionError({
    summary: `\`${option}\` is ${JSON.stringify(text)}.`,
    expected,
    fix: '--help after the command says what each option means',
    data: { option, value: text },
  })
