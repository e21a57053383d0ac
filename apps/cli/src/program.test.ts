import { WengertError } from '@wengert/tape'
import { expect, test } from 'vitest'
import { createProgram } from './program.js'

/** What a command line is refused with. */
async function refusalOf(line: string): Promise<string> {
  const refused: unknown = await createProgram()
    .parseAsync(line.split(' '), { from: 'user' })
    .then(
      () => 'nothing',
      error => error,
    )
  return refused instanceof WengertError ? `${refused.code}: ${refused.message}` : String(refused)
}

test('plans that cannot be are refused before anything is planned', async () => {
  const lines = [
    '',
    'rnn',
    'transfomer',
    'mlp --graph graph.json',
    '--graph graph.json --batch 3',
    '--graph graph.json --heads 3',
    '--graph graph.json --search-ms 3',
    '--graph graph.json --spill 1GiB',
    'mlp --spill 1GiB',
    'lstm --spill 1.5',
    'cnn --hidden 3',
    'mlp --steps 3',
    'lstm --layers 2',
    'transformer --hidden 3',
    'transformer --heads 3',
    'lstm --steps 0',
    'mlp --hidden 99999999999',
    'transformer --width 1048576 --heads 1',
    'mlp --memory none',
  ]
  const said = await Promise.all(
    lines.map(async line => `$ wengert plan ${line}\n${await refusalOf(`plan ${line}`.trimEnd())}`),
  )
  expect(said.join('\n\n')).toMatchInlineSnapshot(`
    "$ wengert plan 
    OPTION: There is nothing to plan.
      expected  a model, mlp, cnn, lstm or transformer, or --graph with a file
      fix       wengert help plan says what it takes

    $ wengert plan rnn
    OPTION: \`model\` is "rnn".
      expected  mlp, cnn, lstm or transformer
      fix       did you mean cnn?

    $ wengert plan transfomer
    OPTION: \`model\` is "transfomer".
      expected  mlp, cnn, lstm or transformer
      fix       did you mean transformer?

    $ wengert plan mlp --graph graph.json
    OPTION: There are two things to plan.
      expected  a model, mlp, cnn, lstm or transformer, or --graph with a file
      fix       wengert help plan says what it takes

    $ wengert plan --graph graph.json --batch 3
    OPTION: \`--batch\` means nothing for plan --graph.
      fix       leave --batch out

    $ wengert plan --graph graph.json --heads 3
    OPTION: \`--heads\` means nothing for plan --graph.
      fix       leave --heads out

    $ wengert plan --graph graph.json --search-ms 3
    OPTION: \`--search-ms\` means nothing for a plan without --memory.
      fix       leave --search-ms out

    $ wengert plan --graph graph.json --spill 1GiB
    OPTION: \`--spill\` means nothing for plan --graph.
      fix       leave --spill out

    $ wengert plan mlp --spill 1GiB
    OPTION: \`--spill\` means nothing for mlp.
      fix       leave --spill out

    $ wengert plan lstm --spill 1.5
    OPTION: \`--spill\` is '1.5', not a whole number of bytes.
      expected  a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'
      fix       write '1.5 MiB' if MiB are meant

    $ wengert plan cnn --hidden 3
    OPTION: \`--hidden\` means nothing for cnn.
      fix       leave --hidden out

    $ wengert plan mlp --steps 3
    OPTION: \`--steps\` means nothing for mlp.
      fix       leave --steps out

    $ wengert plan lstm --layers 2
    OPTION: \`--layers\` means nothing for lstm.
      fix       leave --layers out

    $ wengert plan transformer --hidden 3
    OPTION: \`--hidden\` means nothing for transformer.
      fix       leave --hidden out

    $ wengert plan transformer --heads 3
    OPTION: \`--heads\` is 3, but \`--width\` is 128.
      expected  a number of heads that divides 128

    $ wengert plan lstm --steps 0
    OPTION: \`--steps\` is "0".
      expected  a whole number from 1 to 1048576
      fix       wengert help plan says what it takes

    $ wengert plan mlp --hidden 99999999999
    OPTION: \`--hidden\` makes a value of 409599999995904 numbers.
      expected  at most 1073741824 numbers in a value, which are 4 GiB

    $ wengert plan transformer --width 1048576 --heads 1
    OPTION: \`--width\` makes a value of 4398046511104 numbers.
      expected  at most 1073741824 numbers in a value, which are 4 GiB

    $ wengert plan mlp --memory none
    OPTION: \`--memory\` is not a size in bytes: 'none'.
      expected  a whole number of bytes from 1, or text with a unit such as '64 MiB', '1.5MiB' or '2GB'
      fix       wengert help plan says what it takes"
  `)
})
