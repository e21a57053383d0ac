import { caseNames, suiteNames } from '@wengert/bench'
import { OptionError } from '@wengert/tape'
import { Command } from 'commander'
import manifest from '../package.json' with { type: 'json' }
import { type BenchSettings, benchCommand } from './bench.js'
import { type BenchPlanSettings, benchPlanCommand } from './bench-plan.js'
import { gradbenchCommand } from './gradbench/index.js'
import { exampleNames, type InspectSettings, inspectCommand } from './inspect/index.js'
import {
  choice,
  choices,
  either,
  fraction,
  helpOf,
  lengths,
  positive,
  readerOf,
  refuseOptions,
  shares,
  size,
  whole,
} from './options.js'
import {
  type ModelName,
  type ModelOptions,
  modelNames,
  models,
  optionNames,
  type PlanOutput,
  planGraphCommand,
  planModelCommand,
} from './plan/index.js'
import { interruptible } from './terminal/index.js'
import { defaultWorkers, MOST_WORKERS, type TrainSettings, trainCommand } from './train/index.js'

const [MOST_EPOCHS, MOST_ROWS, MOST_CLASSES] = [100_000, 2 ** 31 - 1, 10_000]
const [MOST_RUNS, MOST_SECONDS] = [10_000, 86_400]
const PLAN_OPTIONS = ['case', 'fraction', 'seconds', 'flopsPerByte']
const SUITE_OPTIONS = ['runs', 'only', 'peers']
const benchNames = [...suiteNames, 'plan'] as const

/** The commands and options of `wengert`. */
export function createProgram(): Command {
  const program = new Command('wengert')
    .description('Reverse-mode automatic differentiation within a budget, on every core, with the same bits.')
    .version(`wengert ${manifest.version}, Node ${process.versions.node}`)
    .configureOutput({ writeErr: text => void process.stderr.write(text), outputError: () => {} })
    .exitOverride()
    .helpCommand(false)
  for (const command of [trainOf(), benchOf(), planOf(), inspectOf(), gradbenchOf()]) {
    for (const one of [...command.options, ...command.registeredArguments])
      if (one.parseArg) one.parseArg = readerOf(command.name(), one.parseArg)
    program.addCommand(command.copyInheritedSettings(program))
  }
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
    .option(
      '--epochs <n>',
      'times every row is learnt from, with --load from there on',
      whole('--epochs', 1, MOST_EPOCHS),
      15,
    )
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
    .option(
      '--turbo',
      "with V8's re-vectoriser, an experiment, if a trial finds it faster with the same bits",
    )
    .option('--load <file.safetensors>', 'begin with the parameters of a file, and go on where it was saved')
    .option(
      '--save <file.safetensors>',
      'write parameters and state of the optimiser to a file in the end, or if interrupted',
    )
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((settings: TrainSettings, command: Command) => {
      const given = givenOptions(command)
      if (settings.dataset === 'mnist') refuseOptions('--dataset mnist', given, ['label', 'classes'])
      if (settings.model !== 'mlp') refuseOptions(`--model ${settings.model}`, given, ['hidden'])
      if (settings.optimiser !== 'sgd')
        refuseOptions(`--optimiser ${settings.optimiser}`, given, ['momentum'])
      return interruptible(signal => trainCommand(settings, signal))
    })

/** The options that were given, without defaults. */
const givenOptions = (command: Command): object =>
  Object.fromEntries(
    Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === 'cli'),
  )

const benchOf = (): Command =>
  new Command('bench')
    .description(
      `Measure this machine: ${suiteNames.join(', ')}; or the planner beside others on known networks: plan.`,
    )
    .argument('<suite>', benchNames.join(', '), choice('suite', benchNames))
    .option(
      '--runs <n>',
      'rounds of each case; the median counts (default: 9)',
      whole('--runs', 1, MOST_RUNS),
    )
    .option('--only <text>', 'only cases with these words or numbers in their names')
    .option('--peers', 'beside other engines, those of them that are installed')
    .option('--case <names>', `plan: ${caseNames.join(', ')} (default: all)`, choices('--case', caseNames))
    .option(
      '--fraction <numbers>',
      'plan: where budgets lie between the largest working set, 0, and storing everything, 1',
      shares('--fraction'),
    )
    .option(
      '--seconds <n>',
      'plan: time limit of the integer program at one point (default: 10)',
      whole('--seconds', 1, MOST_SECONDS),
    )
    .option(
      '--flops-per-byte <n>',
      'plan: FLOP that take as long as moving a byte; a step costs the longer of both (default: FLOP alone)',
      positive('--flops-per-byte'),
    )
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((suite: (typeof benchNames)[number], options: BenchSettings & BenchPlanSettings) => {
      refuseOptions(`bench ${suite}`, options, suite === 'plan' ? SUITE_OPTIONS : PLAN_OPTIONS)
      if (suite === 'plan') return benchPlanCommand(options)
      return interruptible(signal => benchCommand(suite, options, signal))
    })

const planOf = (): Command =>
  new Command('plan')
    .description(
      'Plan the gradient of one batch: what it needs, what is computed again to need less, and the whole trade.',
    )
    .argument('[model]', modelNames.join(', '), choice('model', modelNames))
    .option('--graph <file>', 'instead of a model: a JSON file of nodes with bytes, flops and inputs')
    .option(
      '--memory <size>',
      'bytes to plan within (default: as many as everything needs)',
      size('--memory'),
    )
    .option(
      '--spill <size>',
      'lstm: bytes of a store, beside --memory, for states of its loop (default: none)',
      size('--spill'),
    )
    .option(
      '--search-ms <n>',
      '--graph: milliseconds to look for a better plan within --memory (default: up to a second, the same on every host)',
      whole('--search-ms', 0, MOST_SECONDS * 1000),
    )
    .option('--out <file.html>', 'also write a page with pictures: memory over time, and bytes against cost')
    .option(
      '--batch <n>',
      'rows of the batch (default: mlp 4096, cnn 1024, lstm 64, transformer 16)',
      whole('--batch', 1, 2 ** 20),
    )
    .option(
      '--hidden <lengths>',
      'mlp, lstm: lengths of the hidden layers (default: mlp 512,512,512,512,512, lstm 128)',
      lengths('--hidden'),
    )
    .option('--steps <n>', 'lstm, transformer: length of a row (default: 128)', whole('--steps', 1, 2 ** 20))
    .option('--layers <n>', 'transformer: number of layers (default: 4)', whole('--layers', 1, 1024))
    .option('--width <n>', 'transformer: features of a step (default: 128)', whole('--width', 1, 2 ** 20))
    .option('--heads <n>', 'transformer: heads of attention (default: 4)', whole('--heads', 1, 2 ** 20))
    .option('--json', 'end with a line of JSON on standard output')
    .option('--debug', 'show the stack of an error')
    .action((model: ModelName | undefined, options: ModelOptions & PlanOutput & { graph?: string }) => {
      const { graph } = options
      if ((model === undefined) === (graph === undefined)) {
        throw new OptionError({
          summary: model === undefined ? 'There is nothing to plan.' : 'There are two things to plan.',
          expected: `a model, ${either(modelNames)}, or --graph with a file`,
          fix: helpOf('plan'),
        })
      }
      const taken: readonly string[] = model === undefined ? [] : models[model].takes
      refuseOptions(model ?? 'plan --graph', options, [
        ...[...optionNames, 'spill'].filter(name => !taken.includes(name)),
        ...(graph === undefined ? ['searchMs'] : []),
      ])
      if (options.memory === undefined) refuseOptions('a plan without --memory', options, ['searchMs'])
      return model === undefined
        ? planGraphCommand(graph as string, options)
        : planModelCommand(model, options, options)
    })

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
