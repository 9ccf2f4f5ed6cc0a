// Tables, and charts as the tables of what they show.
import { h } from "./dom.js";
import { t } from "./strings.js";
import { boxStyle } from "./widgets-style.js";
import { isObject, list, oneOf, text, whole, words } from "./widgets-values.js";

const mostCells = 2000; // of a chart

/** A table that scrolls by itself when it is too wide, also with the keyboard. */
const scrolling = (table, name) => h("div", { class: "w-table", role: "group", tabindex: "0", "aria-label": name }, table);

const Table = (node, r) => scrolling(h("table", {}, h("tbody", {}, r.children(node))), t("widget.table"));

const TableRow = (node, r) => h("tr", {}, r.within({ inHead: node.header === true }, () => r.children(node)));

const sides = ["start", "center", "end"];

const TableCell = (node, r) => h(r.inHead ? "th" : "td", {
  scope: r.inHead ? "col" : null, colspan: whole(node.colSpan, 2, 100), rowspan: whole(node.rowSpan, 2, 100),
  style: boxStyle({ width: node.width, padding: node.padding }), "data-align": oneOf(sides, node.align), "data-valign": oneOf(sides, node.vAlign),
}, r.children(node));

function Chart(node) {
  const rows = list(node.data).filter(isObject);
  const axis = text(isObject(node.xAxis) ? node.xAxis.dataKey : node.xAxis);
  const series = list(node.series).filter(isObject).map((one) => ({ key: text(one.dataKey), label: text(one.label) || text(one.dataKey) }));
  const columns = axis ? [{ key: axis, label: axis }, ...series] : series;
  const cell = (row, { key }) => words(Object.hasOwn(row, key) ? text(row[key]) : "");
  return scrolling(h("table", {},
    h("thead", {}, h("tr", {}, columns.map(({ label }) => h("th", { scope: "col" }, words(label))))),
    h("tbody", {}, rows.slice(0, mostCells / Math.max(columns.length, 1)).map((row) => h("tr", {}, columns.map((column) => h("td", {}, cell(row, column))))))), t("widget.chart"));
}

export const components = { Chart, Table, "Table.Cell": TableCell, "Table.Row": TableRow };
