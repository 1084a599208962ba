// An elimination to explore: the reader chooses the candidates and moves the threshold of removal. All was computed
// beforehand; this shows what was found. On paper and without a script the table below it tells the same in short.
function element(name, words = "", given = {}) {
  return Object.assign(document.createElement(name), { textContent: words }, given);
}
const number = (words, made) => element("span", words, { className: made ? "invented" : "" });

function explorer(found, turn) {
  const id = (part) => `explore-${turn}-${part}`;
  const form = element("fieldset", "", { className: "explore tool" });
  const candidates = element("select", "", { id: id("candidates") });
  candidates.append(...found.lists.map((list, place) => new Option(`${list.name} (${list.rows.length})`, place)));
  const usual = Math.max(found.thresholds.indexOf("0.10"), 0);
  const threshold = element("input", "", { id: id("threshold") });
  Object.assign(threshold, { type: "range", min: 0, max: found.thresholds.length - 1, step: 1, value: usual });
  const at = element("output", "", { htmlFor: threshold.id });
  const said = element("p", "", { className: "found" });
  said.setAttribute("role", "status");
  const body = element("tbody");
  const head = element("tr");
  head.append(...["Candidate, the last to leave first", "In these files (odds ratio)", "Kept in resamples"]
    .map((words) => element("th", words, { scope: "col" })));

  function control(words, input, beside = "") {
    const whole = element("p");
    whole.append(element("label", words, { htmlFor: input.id }), input, beside);
    return whole;
  }
  function fill({ name, step, p, kept, ratio, share }, place) {
    const row = element("tr", "", { className: kept[place] ? "kept" : "gone" });
    const state = element("td");
    if (kept[place]) state.append("stays", ratio[place] ? ": " : "", number(ratio[place] ?? "", found.invented));
    else state.append(`left, step ${step}`, p ? ", p " : "", number(p ? (p.startsWith("<") ? p : `= ${p}`) : "", found.invented));
    const bar = element("span", "", { className: "bar" });
    bar.style.setProperty("--share", `${share[place]}%`);
    const often = element("td");
    often.append(bar, number(`${share[place]}%`, found.invented));
    row.append(element("th", name, { scope: "row" }), state, often);
    return row;
  }
  function show() {
    const list = found.lists[candidates.value];
    const place = Number(threshold.value);
    const stays = list.rows.filter(({ kept }) => kept[place]).length;
    at.value = `p at most ${found.thresholds[place]}`;
    threshold.setAttribute("aria-valuetext", at.value);
    said.replaceChildren(number(stays, found.invented), ` of ${list.rows.length} candidates stay. Exactly this set is kept in `,
      number(`${list.same[place]}%`, found.invented), ` of ${found.resamples - list.separated} resamples.`);
    body.replaceChildren(...list.rows.map((row) => fill(row, place)));
  }

  const table = element("table", "", { className: "keepsafe" });
  const top = element("thead");
  top.append(head);
  table.append(element("caption", "What stays, and how often it stays in resamples"), top, body);
  const hand = element("div", "", { className: "at-hand" }); // in sight while the table below it changes
  hand.append(control("Threshold of removal", threshold, at), said);
  form.append(element("legend", "Try it: other candidates, another threshold"), control("Candidates", candidates), hand, table);
  if (found.invented) form.append(element("p", "Synthetic data. Numbers in grey italics are invented.", { className: "note" }));
  form.addEventListener("input", show);
  show();
  return form;
}

document.querySelectorAll("script.explored").forEach((holder, turn) => holder.after(explorer(JSON.parse(holder.textContent), turn)));
