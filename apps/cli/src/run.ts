import { WengertError } from '@wengert/tape'
import { CommanderError } from 'commander'
import { helpOf } from './options.js'
import { createProgram } from './program.js'
import { colours, Interrupt, say, watchOutputs } from './terminal/index.js'

const [FAILED, MISUSED] = [1, 2]

/** Runs the command line and resolves to the exit code. An error is one screen, without a stack unless asked. */
export async function run(args: readonly string[]): Promise<number> {
  const debug = args.includes('--debug')
  watchOutputs()
  try {
    await createProgram().parseAsync([...withHelp(args)], { from: 'user' })
    return 0
  } catch (error) {
    return report(error, args[0], debug)
  }
}

/** `help` and `help <command>` as what they are short for, whatever follows; a command that there is not is left to be refused. */
function withHelp(args: readonly string[]): readonly string[] {
  const [first, command = 'help'] = args
  if (first !== 'help') return args
  if (command === 'help' || command.startsWith('-')) return ['--help']
  return isCommand(command) ? [command, '--help'] : [command]
}

/** Writes what went wrong to standard error and returns the exit code it stands for. */
function report(error: unknown, command: string | undefined, debug: boolean): number {
  if (error instanceof Interrupt) return error.exitCode
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0
    say(misuse(error, command))
    return MISUSED
  }
  const { bold, red } = colours()
  if (error instanceof WengertError) {
    say(`${bold(red(error.name))}: ${withoutOwnLine(error)}`)
  } else if (isOutOfMemory(error)) {
    say(`${bold(red('Out of memory'))}: ${error.message}.`)
    say(
      '  fix       smaller --hidden layers, or a machine with more memory: parameters lie outside of the budget',
    )
  } else {
    say(`${bold(red('Unexpected error'))}: ${error instanceof Error ? error.message : String(error)}`)
    if (!debug) say('  fix       this is a defect; --debug shows where it happened')
  }
  if (debug) say(stacks(error))
  return error instanceof WengertError && error.code === 'OPTION' ? MISUSED : FAILED
}

/** The message without the line of this program that called the engine, which says nothing to who typed a command. */
const withoutOwnLine = ({ message }: WengertError): string =>
  message.replace(/(\n {2}at +|, recorded at )\S+\.[jt]s:\d+:\d+(?=\n|$)/, '')

/** What commander found wrong with the arguments, in the form of every other error. */
function misuse({ message, code }: CommanderError, command: string | undefined): string {
  const { bold, red } = colours()
  if (code === 'commander.help') return message.replace('(outputHelp)', '').trim()
  const [first = '', hint] = message.replace(/^error: /, '').split('\n')
  const suggestion = /Did you mean (.*)\?/.exec(hint ?? '')?.[1]
  return [
    `${bold(red('OptionError'))}: ${first.replace(/\.*$/, '')}.`,
    `  fix       ${suggestion ? `did you mean ${suggestion}?` : helpOn(command)}`,
  ].join('\n')
}

const isCommand = (name: string): boolean => createProgram().commands.some(one => one.name() === name)

const helpOn = (command = ''): string =>
  isCommand(command)
    ? helpOf(command)
    : 'wengert help lists the commands, and wengert help <command> says what one takes'

/** Where an error was thrown, and what caused it; its own message has been told. */
function stacks(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const { stack = '', cause } = error
  const from = stack.search(/^ {4}at /m)
  const frames = from < 0 ? [] : [stack.slice(from)]
  return [...frames, ...(cause === undefined ? [] : [`caused by ${String(cause)}`, stacks(cause)])]
    .join('\n')
    .trimEnd()
}

/** What engines throw where an array of that size cannot be had. */
const isOutOfMemory = (error: unknown): error is RangeError =>
  error instanceof RangeError && /allocation|array (buffer )?length/i.test(error.message)
