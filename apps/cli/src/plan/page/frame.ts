import { element, textElement } from './markup.js'

/** A figure is drawn twice, for wide pages and for narrow ones, so that its text has one size on both. */
export interface Frame {
  readonly kind: 'wide' | 'narrow'
  readonly width: number
  readonly height: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** The frames of a figure. */
export const frames: readonly Frame[] = [
  { kind: 'wide', width: 820, height: 340, left: 64, right: 20, top: 24, bottom: 46 },
  { kind: 'narrow', width: 360, height: 340, left: 52, right: 16, top: 24, bottom: 46 },
]

/** A place along an axis, with its text. */
export interface Tick {
  readonly at: number
  readonly text: string
}

/** What stands along the axes. */
export interface Axes {
  readonly x: readonly Tick[]
  readonly xLabel: string
  readonly y: readonly Tick[]
  readonly yLabel: string
}

/** A picture in a frame, with its axes behind and its name for readers that cannot see it. */
export function picture(
  frame: Frame,
  name: string,
  { x, xLabel, y, yLabel }: Axes,
  marks: readonly string[],
): string {
  const { kind, width, height, left, right, bottom } = frame
  const [end, floor] = [width - right, height - bottom]
  return element(
    'svg',
    { class: `figure ${kind}`, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': name },
    ...y.map(({ at }) => element('line', { class: 'grid', x1: left, x2: end, y1: at, y2: at })),
    ...marks,
    element('line', { class: 'axis', x1: left, x2: end, y1: floor, y2: floor }),
    ...y.map(({ at, text }) =>
      textElement('text', { class: 'tick', x: left - 6, y: at + 4, 'text-anchor': 'end' }, text),
    ),
    ...x.flatMap(({ at, text }) => [
      element('line', { class: 'axis', x1: at, x2: at, y1: floor, y2: floor + 4 }),
      textElement('text', { class: 'tick', x: at, y: floor + 17, 'text-anchor': 'middle' }, text),
    ]),
    textElement(
      'text',
      { class: 'label', x: (left + end) / 2, y: height - 8, 'text-anchor': 'middle' },
      xLabel,
    ),
    textElement('text', { class: 'label', x: 4, y: 12 }, yLabel),
  )
}

/** A number as the text of a tick. */
export const tickText = (value: number): string => String(Number(value.toPrecision(6)))
