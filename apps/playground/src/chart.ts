import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

/** A live plot of loss and test accuracy over the steps of training. */
export interface Chart {
  clear(): void
  /** Adds the loss of a step of so many. */
  addLoss(step: number, steps: number, loss: number): void
  /** Adds the test accuracy after the last step. */
  addAccuracy(accuracy: number): void
}

/** Steps along the axis of a chart that is empty. */
const EMPTY_STEPS = 100

/** Draws an empty chart into an element, and keeps it as wide as that and in the colours of the page. */
export function createChart(element: HTMLElement): Chart {
  const style = getComputedStyle(document.documentElement)
  const color = (name: string) => () => style.getPropertyValue(name).trim()
  const axis = {
    stroke: color('--quiet'),
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  }
  let data: [number[], number[], (number | null)[]] = [[], [], []]
  let allSteps = EMPTY_STEPS
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height: 260,
      scales: {
        x: { time: false, range: () => [0, allSteps] },
        loss: { range: (_plot, _min, max) => [0, max ?? 1] },
        accuracy: { range: [0, 1] },
      },
      axes: [
        { ...axis, size: 30, label: 'step', labelSize: 20 },
        { ...axis, scale: 'loss', label: 'loss', labelSize: 20 },
        {
          ...axis,
          scale: 'accuracy',
          side: 1,
          grid: { show: false },
          label: 'test accuracy',
          labelSize: 20,
          values: (_plot, ticks) => ticks.map(tick => `${Math.round(tick * 100)} %`),
        },
      ],
      series: [
        { label: 'step', value: (_plot, value) => `${value ?? '–'}` },
        {
          label: 'loss',
          scale: 'loss',
          stroke: color('--accent'),
          width: 1.5,
          points: { show: false },
          value: (_plot, value) => value?.toFixed(4) ?? '–',
        },
        {
          label: 'test accuracy',
          scale: 'accuracy',
          stroke: color('--ink'),
          width: 1.5,
          spanGaps: true,
          points: { show: true, size: 5, fill: color('--ink') },
          value: (_plot, value) => (value == null ? '–' : `${(value * 100).toFixed(2)} %`),
        },
      ],
    },
    data,
    element,
  )
  plot.ctx.canvas.setAttribute('role', 'img')
  plot.ctx.canvas.setAttribute('aria-label', 'Loss and test accuracy over the steps of training')
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw(false))
  new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 260 })).observe(element)
  return {
    clear() {
      data = [[], [], []]
      allSteps = EMPTY_STEPS
      plot.setData(data)
    },
    addLoss(step, steps, loss) {
      allSteps = steps
      data[0].push(step)
      data[1].push(loss)
      data[2].push(null)
      plot.setData(data)
    },
    addAccuracy(accuracy) {
      data[2][data[2].length - 1] = accuracy
      plot.setData(data)
    },
  }
}
