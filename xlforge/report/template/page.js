"use strict";
// The list of rows and the lineage panel. Text from the data becomes text nodes, never markup.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (!data.rows) return;
  const at = (id) => document.getElementById(id);
  const PAGE = 50;
  const STAGES = { dataset: "dataset", prompts: "benchmark prompts" };
  const key = (row) => [row.stage, row.item, row.id].join("\n");
  const places = new Map(data.rows.map((row) => [key(row), row]));
  const nameOf = (code) => (data.languages[code] ? data.languages[code][0] : code);
  const tagOf = (code) => (data.languages[code] ? data.languages[code][1] : "");
  const fixed = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
  const share = (value) => (value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)}\u202f%`);
  const plain = (text) =>
    text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, (c) => (c === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + c.charCodeAt(0))));

  function make(tag, attributes, ...inside) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value !== undefined) made.setAttribute(name, value);
    made.append(...inside.filter((part) => part !== null && part !== undefined));
    return made;
  }
  const short = (text) => text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+/g, "$1…");
  const words = (text, code, kind) =>
    text === null || text === undefined ? null : make("p", { class: kind ? `words ${kind}` : "words", dir: "auto", lang: tagOf(code) }, plain(text));
  const facts = (...inside) => make("p", { class: "facts" }, ...inside);
  const linkTo = (row) => `#row?${new URLSearchParams({ stage: row.stage, ...(row.item && { item: row.item }), id: row.id })}`;

  // What the list shows of a row, and what the search reads.
  function parts(row) {
    const pair = data.pairs[row.pair] || {};
    if (row.stage === "prompts") return [row.prompt, row.answers.map((one) => `${one.model}: ${one.text}`).join("\n")];
    if (row.reason) return [row.raw === pair.question ? null : pair.question, row.raw || pair.answer || pair.passage];
    return [row.prompt, row.completion];
  }
  const searched = new Map();
  function text(row) {
    if (!searched.has(row)) {
      const pair = data.pairs[row.pair] || {};
      const all = [row.id, row.detail, row.truth, pair.passage, pair.answer, ...parts(row), ...(row.candidates || []).map((one) => one.text)];
      searched.set(row, all.filter(Boolean).join("\n").toLowerCase());
    }
    return searched.get(row);
  }

  const fields = ["search", "stage", "language", "reason", "grade", "quality", "order"];
  function choices(id, values, first, name) {
    const counts = new Map();
    for (const value of values) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    at(id).append(make("option", { value: "" }, first));
    for (const value of [...counts.keys()].sort()) at(id).append(make("option", { value }, `${name(value)} (${counts.get(value)})`));
  }
  choices("stage", data.rows.map((row) => row.stage), "any", (stage) => STAGES[stage] || `${stage}: rejected`);
  choices("language", data.rows.map((row) => row.language), "any", nameOf);
  choices("reason", data.rows.map((row) => row.reason), "any", (reason) => reason);
  const REASON_NONE = "(none)";
  at("reason").children[0].after(make("option", { value: REASON_NONE }, "none: not rejected"));

  let found = [];
  let page = 0;
  function filter() {
    const [search, stage, language, reason, grade, quality, order] = fields.map((id) => at(id).value);
    const sought = search.toLowerCase().split(/\s+/).filter(Boolean);
    found = data.rows.filter(
      (row) =>
        (!stage || row.stage === stage) &&
        (!language || row.language === language) &&
        (!reason || (reason === REASON_NONE ? !row.reason : row.reason === reason)) &&
        (!grade || (row.grade !== null && row.grade <= Number(grade))) &&
        (!quality || (row.quality !== null && row.quality <= Number(quality))) &&
        sought.every((word) => text(row).includes(word)),
    );
    if (order) {
      const value = (row) => (row[order] === null ? Infinity : row[order]);
      found.sort((one, other) => value(one) - value(other) || 0);
    }
    page = 0;
    list();
  }
  function list() {
    const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
    at("count").textContent = `${found.length} of ${data.rows.length} rows`;
    at("list").replaceChildren(...found.slice(page * PAGE, (page + 1) * PAGE).map(item));
    at("pages").hidden = last === 0;
    at("place").textContent = `page ${page + 1} of ${last + 1}`;
    at("before").disabled = page === 0;
    at("after").disabled = page === last;
  }
  function item(row) {
    const [question, answer] = parts(row);
    const head = make("p", { class: "head" }, make("a", { href: linkTo(row) }, plain(row.id)));
    if (row.language) head.append(make("span", {}, nameOf(row.language)));
    head.append(make("span", {}, [row.stage === "prompts" ? "benchmark" : row.stage, row.item].filter(Boolean).join("@")));
    if (row.grade !== null) head.append(make("span", {}, `grade ${fixed(row.grade, 2)}`));
    if (row.quality !== null) head.append(make("span", {}, `quality ${fixed(row.quality, 3)}`));
    if (row.reason) head.append(make("span", { class: "reason" }, plain(row.reason)));
    const language = row.reason && row.stage !== "selection" ? "" : row.language;
    return make("li", {}, head, words(question, "en", "question"), words(answer, row.stage === "prompts" ? "" : language));
  }

  // The lineage: from the seed of a row to its last stage.
  function calls(row) {
    const found = (row.calls || []).map((place) => data.calls[place]);
    const line = (call) => [`${call.stage} ${call.version}`, short(call.model), call.prompt, call.fault && `not usable: ${call.fault}`];
    return found.length ? [step("", "Model calls", ...found.map((call) => facts(plain(line(call).filter(Boolean).join(" · ")))))] : [];
  }
  function step(kind, title, ...inside) {
    return make("li", kind ? { class: kind } : {}, make("h3", {}, title), ...inside);
  }
  function grades(pair) {
    const heads = ["dimension", "grade", "reason"].map((name) => make("th", { scope: "col", class: name === "grade" ? "num" : undefined }, name));
    const rows = Object.entries(pair.grades).map(([name, grade], place) => {
      const reason = make("td", { dir: "auto" }, plain(pair.reasons[place] || ""));
      const digits = name === "mean" ? 2 : 0;
      return make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "num" }, fixed(grade, digits)), reason);
    });
    const made = make("table", { "aria-label": "Grades by the judge" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
    return make("div", { class: "wide", role: "region", tabindex: "0", "aria-label": "Grades by the judge" }, made);
  }
  function candidate(one, code) {
    const head = facts(make("b", {}, `${one.number}${one.chosen ? " chosen" : ""}`), one.quality === null ? " failed the checks" : ` quality ${fixed(one.quality, 3)}`);
    if (one.right !== null) head.append(" ", make("span", { class: one.right ? "right" : "wrong" }, one.right ? "right" : "wrong"));
    const scores = [`translator ${one.translator}`, `in the language ${share(one.language_share)}`];
    for (const name of ["round_trip", "likelihood", "comet", "embedding"]) if (one[name] !== null) scores.push(`${name.replace("_", " ")} ${fixed(one[name], 3)}`);
    const back = one.back === true ? facts("back in English, as the answer") : one.back === null ? null : facts("back in English");
    return make(
      "li", one.chosen ? { class: "chosen" } : {}, head, words(one.text, code), facts(plain(scores.join(" · "))), back,
      one.back === true ? null : words(one.back, "en"),
      ...one.problems.map((problem) => make("p", { class: "facts wrong", dir: "auto" }, plain(problem))),
    );
  }
  function way(row) {
    const pair = data.pairs[row.pair];
    const steps = [];
    if (pair) {
      steps.push(step("", "Passage", facts(plain(pair.source)), words(pair.passage, "en")));
      if (pair.question !== null) steps.push(step("", "Question", words(pair.question, "en")));
      if (pair.answer !== null) steps.push(step("", "English answer", words(pair.answer, "en")));
      if (pair.grades) steps.push(step("", "Grades", grades(pair)));
    }
    if (row.candidates && row.candidates.length) {
      const cards = make("ol", { class: "candidates" }, ...row.candidates.map((one) => candidate(one, row.language)));
      steps.push(step("", `Candidates in ${nameOf(row.language)}`, cards));
    }
    if (row.stage === "prompts") {
      steps.push(step("", `Prompt, ${row.item.replace("_", " ")}, ${nameOf(row.language)}`, words(row.prompt, row.item === "same_language" ? row.language : "en")));
      if (row.truth) steps.push(step("", "Truth", words(row.truth, row.language)));
      for (const one of row.answers) {
        const scores = [
          one.preference === undefined || one.preference === null ? null : `preferred to the reference ${fixed(one.preference, 2)}`,
          one.right_language === null ? null : one.right_language ? "in the language" : "not in the language",
          one.facts === null ? null : `facts ${share(one.facts)}`,
          one.chrf === null ? null : `chrF ${fixed(one.chrf, 1)}`,
        ];
        steps.push(step("", plain(one.model), facts(scores.filter(Boolean).join(" · ")), words(one.text || "(empty)", one.right_language ? row.language : "")));
      }
    } else if (row.reason) {
      const end = step("rejected", `Rejected in ${[row.stage, row.item].filter(Boolean).join("@")}: ${plain(row.reason)}`, facts(plain(row.detail)));
      if (row.raw) end.append(facts("original text"), words(row.raw, ""));
      steps.push(end);
    } else {
      const trained = facts(row.students.length ? `trained on by ${row.students.join(", ")}` : "no student was trained on it");
      steps.push(step("end", "Training example", words(row.prompt, "en"), words(row.completion, row.language), trained));
    }
    return make("ol", { class: "way" }, ...steps, ...calls(row));
  }
  const quoted = (id) => (/^[\w./@:+-]+$/.test(id) ? id : `'${id.replace(/'/g, "'\\''")}'`);
  function show(query) {
    const wanted = { stage: query.get("stage") || "dataset", item: query.get("item") || "", id: query.get("id") || "" };
    const row = places.get(key(wanted));
    const command = `xlforge trace ${quoted(plain(wanted.id))}`;
    const copy = make("button", { type: "button", id: "copy" }, "Copy");
    const code = make("code", {}, command);
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command);
      } catch {
        getSelection().selectAllChildren(code);
        document.execCommand("copy");
      }
      copy.textContent = "Copied";
    });
    const shut = make("button", { type: "button", id: "shut" }, "Close");
    shut.addEventListener("click", () => at("lineage").close());
    at("lineage-body").replaceChildren(
      make("div", { class: "bar-top" }, make("h2", { id: "lineage-title" }, plain(wanted.id)), shut),
      make("p", { class: "command" }, code, copy),
      row ? way(row) : make("p", {}, "This page does not hold the row; the command above shows it."),
    );
    if (!at("lineage").open) at("lineage").showModal();
    at("lineage").scrollTop = 0;
    at("lineage-body").focus();
  }

  // Addresses: #rows?stage=…&reason=… sets the filters, #row?stage=…&id=… opens a row's lineage.
  let opener = null;
  function follow() {
    const [place, text] = location.hash.slice(1).split(/\?(.*)/s);
    const query = new URLSearchParams(text || "");
    if (place === "row") return show(query);
    if (at("lineage").open) at("lineage").close();
    if (place === "rows" && text !== undefined) {
      at("filters").reset();
      for (const id of fields) if (query.get(id)) at(id).value = query.get(id);
      filter();
      at("rows").scrollIntoView();
      at("search").focus({ preventScroll: true });
    }
  }
  at("lineage").addEventListener("close", () => {
    if (location.hash.startsWith("#row?")) history.replaceState(null, "", "#rows");
    if (opener && opener.isConnected) opener.focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#row"]');
    if (!link) return;
    opener = link;
    if (link.getAttribute("href") === location.hash) follow();
  });
  addEventListener("hashchange", follow);
  at("filters").addEventListener("input", filter);
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("reset", () => setTimeout(filter));
  for (const [id, by] of [["before", -1], ["after", 1]])
    at(id).addEventListener("click", () => {
      page += by;
      list();
      at("rows").scrollIntoView();
    });
  at("filters").hidden = false;
  at("unscripted").hidden = true;
  filter();
  follow();
})();
