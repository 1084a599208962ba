// The scorecard, narrowed to a section, a kind of agreement, an answer or a text. On paper it is whole.
const region = document.getElementById("table-scorecard");
const heads = region ? [...region.querySelectorAll("thead th, thead td")].map((cell) => cell.textContent.trim()) : [];
const column = { kind: heads.indexOf("Kind"), agrees: heads.indexOf("Agrees") };

if (region && column.kind > 0) {
  const groups = [...region.querySelectorAll("tbody")].map((body) => ({
    heading: body.querySelector("tr.group"),
    name: body.querySelector("tr.group")?.textContent.trim() ?? "",
    rows: [...body.querySelectorAll("tr:not(.group)")].map((row) => {
      const cells = [...row.cells].map((cell) => cell.textContent.trim());
      return { row, kind: cells[column.kind], agrees: cells[column.agrees], text: cells.join(" ").toLowerCase() };
    }),
  }));
  const all = groups.flatMap((group) => group.rows);
  const said = (what) => [...new Set(all.map((entry) => entry[what]).filter(Boolean))];

  const form = document.createElement("form");
  form.className = "filter tool";
  form.setAttribute("role", "search");
  form.setAttribute("aria-label", "Filter the scorecard");

  function field(label, control) {
    const wrapper = document.createElement("label");
    wrapper.append(label, control);
    form.append(wrapper);
    return control;
  }
  function select(label, options) {
    const control = document.createElement("select");
    control.append(new Option("all", ""), ...options.map((option) => new Option(option === "–" ? "no answer" : option, option)));
    return field(label, control);
  }
  const section = select("Table or section", groups.map((group) => group.name).filter(Boolean));
  const kind = select("Kind of agreement", said("kind"));
  const agrees = select("Agrees", said("agrees"));
  const text = field("Words", Object.assign(document.createElement("input"), { type: "search", autocomplete: "off" }));
  const reset = Object.assign(document.createElement("button"), { type: "reset", textContent: "Show all" });
  const count = document.createElement("p");
  count.setAttribute("role", "status");
  count.className = "found";
  form.append(reset, count);
  region.before(form);

  // Columns keep their widths while rows come and go. On paper they are free again: the widths stand in screen styles.
  const table = region.querySelector("table");
  function freeze() {
    const widths = [table, ...table.tHead.rows[0].cells].map((each) => [each, each.getBoundingClientRect().width]);
    for (const [each, width] of widths) each.style.setProperty("--width", `${width}px`);
    table.classList.add("frozen");
  }
  addEventListener("resize", () => table.classList.remove("frozen"));

  function filter() {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { heading, name, rows } of groups) {
      const here = !section.value || section.value === name;
      let any = false;
      for (const entry of rows) {
        const wanted = here && (!kind.value || kind.value === entry.kind) && (!agrees.value || agrees.value === entry.agrees)
          && words.every((word) => entry.text.includes(word) || name.toLowerCase().includes(word));
        entry.row.hidden = !wanted;
        any ||= wanted;
        shown += wanted;
      }
      if (heading) heading.hidden = !any;
    }
    count.textContent = shown === all.length ? `All ${all.length} rows` : `${shown} of ${all.length} rows`;
    reset.disabled = shown === all.length;
    region.scrollTop = 0;
  }
  form.addEventListener("input", () => {
    if (!table.matches(".frozen")) freeze();
    filter();
  });
  form.addEventListener("reset", () => setTimeout(filter));
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}
