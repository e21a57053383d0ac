import { suiteNames } from '@wengert/bench'
import { Command } from 'commander'
import { benchCommand } from './bench.js'
import { gradbenchCommand } from './gradbench/index.js'
import { exampleNames, type InspectSettings, inspectCommand } from './inspect/index.js'
import { choice, fraction, lengths, positive, size, whole } from './options.js'
import { type PlanSettings, planCommand } from './plan.js'
import { interruptible } from './terminal/index.js'
import { defaultWorkers, MOST_WORKERS, type TrainSettings, trainCommand } from './train/index.js'

const [MOST_EPOCHS, MOST_ROWS, MOST_CLASSES, MOST_RUNS] = [100_000, 2 ** 31 - 1, 10_000, 10_000]

/** The commands and options of `wengert`. */
export function createProgram(): Command {
  const program = new Command('wengert')
    .description('Reverse-mode automatic differentiation within a budget, on every core, with the same bits.')
    .configureOutput({ writeErr: text => void process.stderr.write(text), outputError: () => {} })
    .exitOverride()
    .helpCommand(false)
  program.addCommand(trainOf().copyInheritedSettings(program))
  program.addCommand(benchOf().copyInheritedSettings(program))
  program.addCommand(planOf().copyInheritedSettings(program))
  program.addCommand(inspectOf().copyInheritedSettings(program))
  program.addCommand(gradbenchOf().copyInheritedSettings(program))
  return program
}

const trainOf = (): Command =>
  new Command('train')
    .description(
      'Train a classifier and report accuracy, speed, memory and the fingerprint of its parameters.',
    )
    .option('--dataset <name>', '`mnist`, or a CSV file of numbers with a column of labels', 'mnist')
    .option('--label <column>', 'CSV: name or number of the label column (default: `label`, or the last)')
    .option(
      '--classes <n>',
      'CSV: number of classes (default: largest label + 1)',
      whole('--classes', 2, MOST_CLASSES),
    )
    .option('--model <name>', 'mlp or cnn', choice('--model', ['mlp', 'cnn']), 'mlp')
    .option('--hidden <lengths>', 'mlp: lengths of the hidden layers', lengths('--hidden'), [256, 256])
    .option(
      '--workers <n>',
      'worker threads; 0 computes in the main thread',
      whole('--workers', 0, MOST_WORKERS),
      defaultWorkers(),
    )
    .option(
      '--memory <size>',
      'bytes that all arenas together never pass, such as 48MiB (default: 32 MiB a worker, at least 64 MiB)',
      size('--memory'),
    )
    .option('--epochs <n>', 'times every row is learnt from', whole('--epochs', 1, MOST_EPOCHS), 15)
    .option('--batch <n>', 'rows of a step', whole('--batch', 1, MOST_ROWS), 256)
    .option('--optimiser <name>', 'sgd or adam', choice('--optimiser', ['sgd', 'adam']), 'sgd')
    .option('--rate <x>', 'length of a step (default: 0.1 for sgd, 0.001 for adam)', positive('--rate'))
    .option('--momentum <x>', 'sgd: share of the velocity that is kept', fraction('--momentum'), 0.95)
    .option(
      '--seed <n>',
      'fixes first weights and the order of rows',
      whole('--seed', 0, Number.MAX_SAFE_INTEGER),
      7,
    )
    .option(
      '--arithmetic <kind>',
      'fast, or portable: the same bits on every processor',
      choice('--arithmetic', ['fast', 'portable']),
      'fast',
    )
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((settings: TrainSettings) => interruptible(signal => trainCommand(settings, signal)))

const benchOf = (): Command =>
  new Command('bench')
    .description(`Measure this machine: ${suiteNames.join(', ')}.`)
    .argument('<suite>', suiteNames.join(' or '), choice('suite', suiteNames))
    .option('--runs <n>', 'measurements of each case; the median counts', whole('--runs', 1, MOST_RUNS))
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((suite: (typeof suiteNames)[number], options: { runs?: number; json?: true }) =>
      interruptible(signal => benchCommand(suite, options, signal)),
    )

const planOf = (): Command =>
  new Command('plan')
    .description('Plan the gradient of one batch: what it needs, and what is computed again to need less.')
    .argument('<model>', 'mlp or cnn', choice('model', ['mlp', 'cnn']))
    .option('--hidden <lengths>', 'mlp: lengths of the hidden layers', lengths('--hidden'), [256, 256])
    .option('--batch <n>', 'rows of the batch', whole('--batch', 1, 2 ** 20), 1024)
    .option('--memory <size>', 'also plan within so many bytes', size('--memory'))
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((model: 'mlp' | 'cnn', settings: PlanSettings) => planCommand(model, settings))

const inspectOf = (): Command =>
  new Command('inspect')
    .description(
      'Print how the value and the derivatives of a worked example come about, forward and reverse.',
    )
    .argument('[example]', exampleNames.join(', '), choice('example', exampleNames))
    .option('--tangent <input>', 'also tangents along this input, such as x1')
    .option('--svg <file>', 'draw the graph')
    .option('--dot <file>', 'write the graph in the language of Graphviz')
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((example: string | undefined, settings: InspectSettings) => inspectCommand(example, settings))

const gradbenchOf = (): Command =>
  new Command('gradbench')
    .description('Be a tool of GradBench: read its messages from standard input, answer on standard output.')
    .option('--debug', 'errors come with their stacks')
    .action((options: { debug?: true }) => gradbenchCommand(options))
