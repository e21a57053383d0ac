import pc from 'picocolors'

type Output = typeof process.stderr | typeof process.stdout

/** Whether a person watches an output; default: standard error, where progress and errors go. */
export const interactive = (output: Output = process.stderr): boolean =>
  output.isTTY === true && process.env['TERM'] !== 'dumb'

/** Colours, or none where nobody watches or the user asked for none. */
export const colours = (output: Output = process.stderr) =>
  pc.createColors(interactive(output) && !process.env['NO_COLOR'])

/** Writes a line for people to standard error: how something goes, or why it does not. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`)

/** What was asked for: for people, and for programs where they asked. */
export interface Answer {
  /** Writes a line for people: to standard output, or beside an answer for programs to standard error. */
  readonly tell: (text: string) => void
  readonly colours: ReturnType<typeof colours>
  /** Ends with an answer for programs on standard output, if one was asked for. */
  readonly end: (whole: () => unknown) => void
}

/** The answer of a command, with `--json` or without. */
export function answer(json = false): Answer {
  const output = json ? process.stderr : process.stdout
  return {
    tell: text => void output.write(`${text}\n`),
    colours: colours(output),
    end: whole => {
      if (json) process.stdout.write(`${JSON.stringify(whole())}\n`)
    },
  }
}
