import { nearestName, OptionError, parseByteSize } from '@wengert/tape'

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
export const size = (option: string) => (text: string) => {
  try {
    return parseByteSize(text, option)
  } catch (error) {
    // Its place would be a line of this app.
    throw error instanceof OptionError ? new OptionError({ ...error.parts, at: undefined }) : error
  }
}

/** A reader of one of a few words. */
export const choice =
  <T extends string>(option: string, words: readonly T[]) =>
  (text: string): T => {
    const word = words.find(one => one === text)
    if (word !== undefined) return word
    const near = nearestName(text, words)
    throw refused(option, text, either(words), near && `did you mean ${near}?`)
  }

/** Words to choose from: a, b or c. */
export const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`

/** A reader of whole numbers above 0 with commas between them. */
export const lengths = (option: string) => (text: string) =>
  text.split(',').map(part => {
    const length = Number(part)
    if (part.trim() !== '' && Number.isInteger(length) && length > 0) return length
    throw refused(option, text, 'whole numbers above 0 with commas between them, such as 256,256')
  })

/** A reader of some of a few words with commas between them. */
export const choices =
  <T extends string>(option: string, words: readonly T[]) =>
  (text: string): readonly T[] =>
    text.split(',').map(choice(option, words))

/** A reader of numbers from 0 to 1 with commas between them. */
export const shares = (option: string) => (text: string) =>
  text.split(',').map(part => {
    const value = Number(part)
    if (part.trim() !== '' && value >= 0 && value <= 1) return value
    throw refused(option, text, 'numbers from 0 to 1 with commas between them, such as 0.1,0.5')
  })

/** Refuses options that a command knows but that mean nothing for what was asked. */
export function refuseOptions(asked: string, options: object, names: readonly string[]): void {
  const name = names.find(one => Reflect.get(options, one) !== undefined)
  if (name === undefined) return
  const option = `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
  throw new OptionError({
    summary: `\`${option}\` means nothing for ${asked}.`,
    fix: `leave ${option} out`,
    data: { option },
  })
}

/** What says more of a command and its options. */
export const helpOf = (command: string): string => `wengert help ${command} says what it takes`

/** What reads the text of an option or an argument, as commander calls it. */
type Reader = <T>(text: string, before: T) => T

/** A reader whose refusals name the command that it is of, unless they say better what to do. */
export const readerOf =
  (command: string, read: Reader): Reader =>
  (text, before) => {
    try {
      return read(text, before)
    } catch (error) {
      if (!(error instanceof OptionError) || error.parts.fix !== undefined) throw error
      throw new OptionError({ ...error.parts, fix: helpOf(command) })
    }
  }

const refused = (option: string, text: string, expected: string, fix?: string) =>
  new OptionError({
    summary: `\`${option}\` is ${JSON.stringify(text)}.`,
    expected,
    fix,
    data: { option, value: text },
  })
