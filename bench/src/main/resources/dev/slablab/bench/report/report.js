'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#8c6bb1', '#7f7f7f'];
const NAMES = {
  time: 'Time, ns per operation', pair_p50: 'Time of a pair, median over threads, ns', grow_p99: '99th percentile of growth, ns',
  'mem.held.per.live': 'Memory held per live byte', heldPerLive: 'Memory held per live byte', 'mem.held': 'Memory held, bytes',
  heldBytes: 'Memory held, bytes', 'mem.peak': 'Most memory in slabs, bytes', 'mem.waste': 'Waste in a slab, %',
  'mem.retained': 'Free objects in magazines, bytes', 'mem.pagecalls.norm': 'Page-source calls per operation',
  'slab.refills.norm': 'Refills from the slabs per operation', 'slab.grows.norm': 'Slabs built per operation',
  gcBytesPerOp: 'Garbage, bytes per operation', 'gc.alloc.rate.norm': 'Garbage, bytes per operation',
  meanRatio: 'Resident bytes per live byte, mean', peakRatio: 'Resident bytes per live byte, peak',
  stealTicks: 'Machine: stolen ticks', contextSwitches: 'Machine: context switches', load: 'Machine: load', wallSeconds: 'Fork, seconds', seconds: 'Fork, seconds',
  faults: 'Machine: page faults'
};
const NARROW = matchMedia('(max-width: 800px)');
const charts = [];

function add(parent, tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  parent.append(element);
  return element;
}

function number(value) {
  if (value === null || value === undefined || !isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e5 || size < 1e-3) {
    const units = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
    const unit = units.find(one => size >= one[0]);
    return unit ? (value / unit[0]).toPrecision(3) + unit[1] : value.toExponential(1);
  }
  return size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

const title = name => name.endsWith(' ÷ baseline') ? title(name.slice(0, -11)).split(',')[0] + ' ÷ baseline, same round'
  : NAMES[name] || name;
const words = params => Object.entries(params).map(([name, value]) => name === 'subject' ? value : name + '=' + value);
const label = cell => (words(cell.params).join(' ') || 'all') + (cell.role === 'BASELINE' ? ' (baseline)'
  : cell.role === 'CONTROL' ? ' (again)' : '');
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function draw(canvas, make) {
  const entry = {canvas, make, chart: new Chart(canvas, make())};
  charts.push(entry);
}

function redraw() {
  for (const entry of charts) {
    entry.chart.destroy();
    entry.chart = new Chart(entry.canvas, entry.make());
  }
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);

/** Ticks of a logarithmic axis: 1, 2, 5 of each decade, or even steps where the range is short. */
function logTicks(axis) {
  const {min, max} = axis;
  const ticks = [];
  if (max / min > 12) {
    for (let decade = Math.floor(Math.log10(min)); decade <= Math.log10(max); decade++) {
      for (const digit of max / min > 1e4 ? [1] : max / min > 200 ? [1, 3] : [1, 2, 5]) ticks.push(digit * 10 ** decade);
    }
  } else {
    const rough = (max - min) / 5;
    const step = [1, 2, 5, 10].map(digit => digit * 10 ** Math.floor(Math.log10(rough))).find(size => size >= rough);
    for (let at = Math.ceil(min / step); at * step <= max; at++) ticks.push(at * step);
  }
  axis.ticks = ticks.filter(value => value >= min && value <= max).map(value => ({value}));
}

/** The axis of a figure: logarithmic unless a value is not positive. */
function valueAxis(metric, name) {
  const all = metric.rows.flatMap(row => row.values.concat(row.low === undefined ? [] : [row.low, row.high]));
  const least = Math.min(...all), most = Math.max(...all);
  const log = least > 0;
  const room = Math.max(1.04, (most / least) ** 0.04);
  return {type: log ? 'logarithmic' : 'linear', ...(log ? {min: least / room, max: most * room, afterBuildTicks: logTicks} : {}),
    title: {display: true, text: name + (log ? ' (log)' : ''), color: css('--soft')},
    grid: {color: context => metric.name.endsWith('÷ baseline') && context.tick.value === 1 ? css('--text') : css('--grid')},
    ticks: {color: css('--soft'), callback: number, maxRotation: 0, autoSkipPadding: 12}};
}

const base = plugins => ({animation: false, responsive: true, maintainAspectRatio: false, normalized: true, plugins});
const text = () => ({color: css('--text'), boxWidth: 10, boxHeight: 10, usePointStyle: true});

/** One row a cell: every fork a dot, the median a diamond, its interval a bar. */
function rowsChart(group, metric, colour) {
  const rows = metric.rows, forks = [], bars = [], medians = [], forkColours = [], colours = [];
  rows.forEach((row, at) => {
    const tone = colour(group.cells[row.cell]);
    row.values.forEach((x, i) => {
      forks.push({x, y: at + .1 + .1 * (i % 3), fork: i});
      forkColours.push(tone + '99');
    });
    if (row.low !== undefined) bars.push({x: row.low, y: at}, {x: row.high, y: at}, {x: NaN, y: NaN});
    medians.push({x: row.median, y: at});
    colours.push(tone);
  });
  return {type: 'scatter', data: {datasets: [
    {label: 'median', data: medians, pointStyle: 'rectRot', radius: 6, backgroundColor: colours, borderColor: css('--back')},
    {label: '95 % interval', data: bars, showLine: true, spanGaps: false, borderWidth: 3, borderColor: css('--soft'),
      pointStyle: 'line', rotation: 90, radius: 5, pointBorderColor: css('--soft')},
    {label: 'a fork', data: forks, radius: 3, backgroundColor: forkColours, borderWidth: 0}]},
    options: {...base({
      legend: {labels: text(), onClick: null},
      tooltip: {callbacks: {label: item => label(group.cells[rows[Math.floor(item.raw.y)].cell]) + ': ' + number(item.raw.x)}}}),
      scales: {
        x: valueAxis(metric, title(metric.name)),
        y: {type: 'linear', reverse: true, min: -.75, max: rows.length - .35,
          afterBuildTicks: axis => { axis.ticks = rows.map((_, value) => ({value})); },
          grid: {color: css('--grid'), drawTicks: false},
          ticks: {color: css('--text'), mirror: true, labelOffset: -11, padding: 2, autoSkip: false, z: 1, font: {size: 11},
            callback: at => label(group.cells[rows[at].cell])}}}}};
}

/** A line a series over the values of one parameter, side by side so that intervals do not hide each other. */
function linesChart(group, metric, param, colour) {
  const values = distinct(group, metric, param);
  const series = new Map();
  for (const row of metric.rows) {
    const cell = group.cells[row.cell];
    if (cell.params[param] !== undefined && cell.role !== 'CONTROL') {
      const rest = label({params: {...cell.params, [param]: undefined}, role: ''}).replace(' ' + param + '=undefined', '')
        .replace(param + '=undefined', 'all');
      if (!series.has(rest)) series.set(rest, []);
      series.get(rest).push({row, at: values.indexOf(cell.params[param]), tone: colour(cell)});
    }
  }
  const datasets = [];
  const used = new Set();
  let index = 0;
  for (const [name, points] of series) {
    if (points.length < 2) series.delete(name);
  }
  for (const [name, points] of series) {
    points.sort((a, b) => a.at - b.at);
    const tone = [points[0].tone, ...COLOURS].find(one => !used.has(one)) || COLOURS[7];
    used.add(tone);
    const shift = (index++ - (series.size - 1) / 2) * Math.min(.1, .6 / series.size);
    const bars = points.filter(point => point.row.low !== undefined).flatMap(({row, at}) =>
      [{x: at + shift, y: row.low}, {x: at + shift, y: row.high}, {x: NaN, y: NaN}]);
    datasets.push({label: name, data: points.map(({row, at}) => ({x: at + shift, y: row.median})), showLine: true,
      borderColor: tone, backgroundColor: tone, borderWidth: 2, radius: 4, pointStyle: 'rectRot'},
    {label: '', data: bars, showLine: true, spanGaps: false, borderColor: tone, borderWidth: 1.5, radius: 0},
    {label: '', data: points.flatMap(({row, at}) => row.values.map(y => ({x: at + shift, y}))), radius: 2,
      backgroundColor: tone + '80', borderWidth: 0});
  }
  return {type: 'scatter', data: {datasets}, options: {...base({
    legend: {labels: {...text(), filter: item => item.text !== ''}, onClick: null},
    tooltip: {filter: item => item.dataset.label !== '', callbacks: {label: item => item.dataset.label + ', ' + param + '='
      + values[Math.round(item.raw.x)] + ': ' + number(item.raw.y)}}}),
    scales: {
      x: {type: 'linear', min: -.4, max: values.length - .6, title: {display: true, text: param, color: css('--soft')},
        afterBuildTicks: axis => { axis.ticks = values.map((_, value) => ({value})); },
        grid: {color: css('--grid')}, ticks: {color: css('--soft'), callback: at => values[at], autoSkip: false}},
      y: valueAxis(metric, title(metric.name))}}};
}

/** Resident bytes through a replay: a thin line a fork; below them what is live. */
function samplesChart(group, colour) {
  const seen = new Set();
  const datasets = group.samples.map(({cell, points}) => {
    const name = label(group.cells[cell]);
    const first = !seen.has(name);
    seen.add(name);
    return {label: first ? name : '', data: points.map(([x, , y]) => ({x, y: y / 2 ** 20})), showLine: true, radius: 0,
      borderWidth: 1, borderColor: colour(group.cells[cell]), backgroundColor: colour(group.cells[cell])};
  }).filter(set => set.data.every(point => point.y >= 0));
  datasets.push({label: 'live', data: group.samples[0].points.map(([x, y]) => ({x, y: y / 2 ** 20})), showLine: true,
    radius: 0, borderWidth: 2, borderColor: css('--text'), backgroundColor: css('--text')});
  const axis = name => ({type: 'linear', min: 0, title: {display: true, text: name, color: css('--soft')},
    grid: {color: css('--grid')}, ticks: {color: css('--soft'), callback: number, maxRotation: 0}});
  return {type: 'scatter', data: {datasets}, options: {...base({tooltip: {enabled: false},
    legend: {labels: {...text(), filter: item => item.text !== ''}, onClick: null}}),
    scales: {x: axis('operations'), y: axis('resident MiB')}}};
}

const isNumber = value => value !== undefined && value !== '' && isFinite(value);

function distinct(group, metric, param) {
  return [...new Set(metric.rows.map(row => group.cells[row.cell].params[param]))].filter(isNumber).sort((a, b) => a - b);
}

/** Numeric parameters, the one with most values first. */
function numeric(group, metric) {
  const names = new Set(group.cells.flatMap(cell => Object.keys(cell.params)));
  return [...names].map(name => ({name, values: distinct(group, metric, name)})).filter(one => one.values.length >= 2)
    .sort((a, b) => b.values.length - a.values.length);
}

function table(parent, heads, rows, className) {
  const element = add(add(parent, 'div', undefined, 'scroll'), 'table', undefined, className);
  const figures = heads.map((_, at) => at > 0 && rows.every(row => row[at] === undefined || /^[-–+]?[\d.,]*( ?[%kMGT])?$|e-/.test(row[at])));
  const head = add(element, 'tr');
  heads.forEach((text, at) => add(head, 'th', text, figures[at] ? 'number' : ''));
  for (const row of rows) {
    const line = add(element, 'tr');
    row.forEach((text, at) => add(line, 'td', text, figures[at] ? 'number' : text && text.length > 24 ? 'long' : ''));
  }
  return element;
}

/** Two numeric parameters: a table of medians, the darker the more; one for each rest of the parameters. */
function heat(parent, group, metric, [across, down]) {
  const rests = new Map();
  for (const row of metric.rows) {
    const cell = group.cells[row.cell];
    const {[across.name]: x, [down.name]: y, ...others} = cell.params;
    if (isNumber(x) && isNumber(y) && cell.role !== 'CONTROL') {
      const rest = words(others).join(' ');
      if (!rests.has(rest)) rests.set(rest, new Map());
      rests.get(rest).set(y + ' ' + x, row.median);
    }
  }
  const all = [...rests.values()].flatMap(grid => [...grid.values()]);
  const least = Math.min(...all), most = Math.max(...all);
  for (const [rest, grid] of rests) {
    add(parent, 'p', [rest, title(metric.name) + ': ' + down.name + ' down, ' + across.name + ' across'].filter(Boolean).join('; '), 'soft');
    const element = table(parent, [''].concat(across.values), down.values.map(y =>
      [y].concat(across.values.map(x => number(grid.get(y + ' ' + x))))), 'heat');
    down.values.forEach((y, i) => across.values.forEach((x, j) => {
      const value = grid.get(y + ' ' + x);
      const share = value === undefined || most === least ? 0 : least > 0 ? Math.log(value / least) / Math.log(most / least)
        : (value - least) / (most - least);
      element.rows[i + 1].cells[j + 1].style.background = `rgba(213, 94, 0, ${(.75 * share).toFixed(2)})`;
    }));
  }
}

function chartIn(parent, height, name, make) {
  const box = add(parent, 'div', undefined, 'chart');
  box.style.height = height + 'px';
  const canvas = add(box, 'canvas');
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', name);
  draw(canvas, make);
}

/** A fold whose charts are drawn when it is first opened: a hidden canvas has no size. */
function fold(parent, name, open, fill) {
  const details = add(parent, 'details');
  add(details, 'summary', name);
  let filled = false;
  const show = () => {
    if (details.open && !filled) {
      filled = true;
      fill(details);
    }
  };
  details.addEventListener('toggle', show);
  details.open = open;
  show();
}

function section(group, index) {
  const part = add(document.querySelector('main'), 'section');
  part.id = 'group' + index;
  add(part, 'h2', group.name);
  const common = words(group.common).join(', ');
  if (common) add(part, 'p', 'All with ' + common, 'soft');
  const subjects = [...new Set(group.cells.map(cell => cell.params.subject))].sort((a, b) => /^slab/i.test(b) - /^slab/i.test(a));
  const colour = cell => COLOURS[subjects.indexOf(cell.params.subject) % COLOURS.length];
  if (group.samples.length) {
    fold(part, 'Resident bytes through the replay', true, into =>
      chartIn(into, 340, 'Resident bytes through the replay', () => samplesChart(group, colour)));
  }
  group.metrics.forEach((metric, at) => fold(part, title(metric.name), at < 3, into => {
    const pair = add(into, 'div', undefined, 'pair');
    const left = add(pair, 'div');
    chartIn(left, 36 * metric.rows.length + 100, title(metric.name), () => rowsChart(group, metric, colour));
    table(pair, ['', 'median', '95 % interval', 'min', 'max', 'forks'], metric.rows.map(row => [label(group.cells[row.cell]),
      number(row.median), row.low === undefined ? '–' : number(row.low) + ' … ' + number(row.high),
      number(Math.min(...row.values)), number(Math.max(...row.values)), String(row.values.length)]));
    const params = numeric(group, metric);
    if (params.length && params[0].values.length >= 3 && metric.rows.length > 3) {
      chartIn(into, NARROW.matches ? 420 : 460, title(metric.name) + ' by ' + params[0].name,
        () => linesChart(group, metric, params[0].name, colour));
    }
    if (params.length >= 2 && params[0].values.length >= 3) heat(into, group, metric, params);
  }));
  const link = add(document.querySelector('nav'), 'a', group.name);
  link.href = '#' + part.id;
}

/** A Markdown file's tables and lines, or a CSV as a table. */
function summary(parent) {
  const lines = (data['summary.md'] || '').split('\n');
  const csv = data['summary.csv'].trim().split('\n').map(line => line.split(','));
  if (!lines.some(line => line.startsWith('|')) && csv.length > 1) {
    table(parent, csv[0], csv.slice(1).map(row => row.map((text, at) => at > 1 && isNumber(text) ? number(+text) : text)));
  }
  for (let at = 0; at < lines.length; at++) {
    if (lines[at].startsWith('|')) {
      const rows = [];
      for (; at < lines.length && lines[at].startsWith('|'); at++) {
        const cells = lines[at].split('|').slice(1, -1).map(text => text.trim());
        if (!cells.every(text => /^:?-+:?$/.test(text))) rows.push(cells);
      }
      table(parent, rows[0], rows.slice(1));
    } else if (lines[at].trim()) {
      add(parent, 'p', lines[at].replace(/^[#*] */, ''), 'soft');
    }
  }
}

document.title = data.title + ' – Slablab results';
document.querySelector('h1').textContent = data.title;
document.getElementById('question').textContent = data.questions.filter(Boolean).join(' ');
document.getElementById('command').textContent = data['command.txt'].trim();
const env = JSON.parse(data['env.json'] || '{}');
document.getElementById('about').textContent = [data.forks + ' forks', env.cpu, env.cores && env.cores + ' cores', env.jdk,
  env.kernel, env.commit && 'commit ' + env.commit].filter(Boolean).join(' · ');
const top_ = document.querySelector('main');
for (const note of data.notes) add(top_, 'p', note, 'bad');
if (data.failed.length) {
  add(top_, 'p', data.failed.length + ' failed forks:', 'bad');
  for (const one of data.failed) add(top_, 'p', one, 'bad');
}
if (data['summary.md'] || data['summary.csv']) fold(top_, 'Summary as the run gave it', !NARROW.matches, summary);
fold(top_, 'Machine', false, into => table(into, ['fact', 'value'], Object.entries(env).map(([name, value]) =>
  [name, Array.isArray(value) ? value.join(', ') : String(value)])));
data.groups.forEach(section);
