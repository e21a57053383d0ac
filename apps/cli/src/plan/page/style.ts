/** The style of the page: light or dark as the reader has it, one column on narrow pages. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1f2933; --soft: #52606d; --grid: #e4e7eb; --card: #f5f7fa;
  --live: #2f6f9f; --fill: #2f6f9f38; --again: #d9822b40; --warm: #b45309; --budget: #b3372f; --none: #9aa5b126;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e4e7eb; --soft: #a6b1bd; --grid: #2c343d; --card: #1c2229;
    --live: #6cb2e4; --fill: #6cb2e438; --again: #f0a85a3d; --warm: #f0a85a; --budget: #ff8a80; --none: #9aa5b11f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; }
p { margin: .25rem 0 .75rem; max-width: 46rem; }
figure { margin: 0; }
figcaption, .note { color: var(--soft); font-size: .875rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 1rem 0; padding: 0; }
.tiles div { background: var(--card); border-radius: .5rem; padding: .6rem .8rem; }
.tiles dt { color: var(--soft); font-size: .8125rem; }
.tiles dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
svg.figure { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg.narrow { display: none; }
@media (max-width: 38rem) { svg.wide { display: none; } svg.narrow { display: block; } }
.grid { stroke: var(--grid); }
.axis { stroke: var(--soft); }
.tick, .label { fill: var(--soft); }
.live { fill: var(--fill); }
.outline, .curve { fill: none; stroke: var(--live); stroke-width: 1.75; stroke-linejoin: round; }
.outline.dense { stroke-width: .5; }
.again { fill: var(--again); }
.unplanned { fill: var(--none); }
.pointed { fill: transparent; }
.pointed:hover { fill: var(--none); }
line.peak { stroke: var(--ink); stroke-dasharray: 5 4; }
line.budget { stroke: var(--budget); stroke-width: 1.75; }
line.bound { stroke: var(--soft); stroke-dasharray: 2 3; }
line.fewest { stroke: var(--soft); }
text.name { stroke: var(--paper); stroke-width: 3; paint-order: stroke; stroke-linejoin: round; }
text.peak { fill: var(--ink); }
text.budget { fill: var(--budget); font-weight: 600; }
text.bound, text.fewest { fill: var(--soft); }
.point { fill: var(--live); }
.chosen { fill: var(--budget); stroke: var(--paper); stroke-width: 1.5; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: .15em; vertical-align: -.05em; margin: 0 .35em 0 1em; }
.key:first-child { margin-left: 0; }
.key.live { background: var(--fill); border: 1.5px solid var(--live); }
.key.first { background: var(--live); }
.key.rerun { background: var(--warm); }
.key.again { background: var(--again); border: 1.5px solid var(--warm); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; border-bottom: 1px solid var(--grid); vertical-align: middle; }
thead th, .figures th { font-weight: 500; color: var(--soft); }
.points td, .points th { text-align: right; white-space: nowrap; }
.values { width: 100%; }
.values td:nth-child(2) { white-space: nowrap; }
.values td:last-child { width: 40%; min-width: 8rem; padding-right: 0; }
@media (max-width: 38rem) {
  .values thead { position: absolute; clip-path: inset(50%); }
  .values tr { display: grid; grid-template-columns: 1fr auto; padding: .4rem 0; border-bottom: 1px solid var(--grid); }
  .values td { border: 0; padding: 0; }
  .values td:nth-child(2) { padding-left: .75rem; }
  .values td:nth-child(n + 3) { grid-column: 1 / -1; width: auto; }
}
code { font: .8125rem ui-monospace, monospace; overflow-wrap: anywhere; }
svg.strip { display: block; width: 100%; height: .75rem; }
.empty { fill: var(--none); }
.stay { fill: var(--live); }
.rerun { fill: var(--warm); }
.edge { stroke: var(--paper); stroke-width: 2; vector-effect: non-scaling-stroke; }
summary { cursor: pointer; color: var(--soft); margin: .75rem 0; }
`
