// The rows that bench programs print: what makes one valid, and how they look in a table.

/** One figure. `limit` was measured in the same run; `ratio` is value to limit, `goal` what it has to reach. */
export const FIELDS = { name: 'string', value: 'number', unit: 'string', limit: 'number', ratio: 'number', goal: 'string', met: 'boolean' };

/** Fields that may be null: a figure may have no limit to be compared with. */
const OPTIONAL = new Set(['limit', 'ratio']);

/** What is wrong with a row, or undefined. A goal may be a number or words such as `>= 0.8`. */
export function wrongRow(row) {
  for (const [field, type] of Object.entries(FIELDS)) {
    const value = row[field];
    if ((value === null || value === undefined) && OPTIONAL.has(field)) continue;
    const fine = typeof value === type || (field === 'goal' && typeof value === 'number');
    if (!fine) return `${field} has to be a ${type}`;
    if (typeof value === 'number' && !Number.isFinite(value)) return `${field} is not a finite number`;
  }
  return undefined;
}

/** Splits what a bench program printed into rows, lines for people, and complaints about rows. */
export function readRows(text) {
  const [rows, lines, wrong] = [[], [], []];
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    if (!line.startsWith('{')) {
      lines.push(line);
      continue;
    }
    let row;
    try {
      row = JSON.parse(line);
    } catch (error) {
      wrong.push(`${error.message}: ${line}`);
      continue;
    }
    const why = wrongRow(row);
    if (why) wrong.push(`${why}: ${line}`);
    else rows.push(row);
  }
  return { rows, lines, wrong };
}

const short = (number) => (Number.isInteger(number) ? String(number) : Number(number.toPrecision(4)).toString());

export function table(rows) {
  const cell = (value) => (value === null || value === undefined ? '' : typeof value === 'number' ? short(value) : String(value));
  const heads = Object.keys(FIELDS);
  const body = rows.map((row) => heads.map((head) => (head === 'met' ? (row.met ? 'yes' : 'NO') : cell(row[head]))));
  const widths = heads.map((head, column) => Math.max(head.length, ...body.map((line) => line[column].length)));
  const numeric = new Set(['value', 'limit', 'ratio']);
  const draw = (line) => line.map((text, column) => (numeric.has(heads[column]) ? text.padStart(widths[column]) : text.padEnd(widths[column]))).join(' | ').trimEnd();
  return [draw(heads), widths.map((width) => '-'.repeat(width)).join('-|-'), ...body.map(draw)].join('\n');
}
