"use strict";
/* Sorts, filters and pages the tables, and copies commands. Texts only ever become text nodes. */
(() => {
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });
  const announce = document.getElementById("announce");

  function make(name, text, attributes = {}) {
    const element = document.createElement(name);
    element.textContent = text;
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  function fill(pattern, values) {
    return pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  /* A row is its texts and a function that gives its element: the one in the page, or one made when it is shown. */
  function readRows(box, headers) {
    const data = box.querySelector("script[type='application/json']");
    if (!data) {
      return [...box.querySelectorAll("tbody tr")].map((row) => ({
        texts: [...row.cells].map((cell) => cell.textContent.trim()),
        element: () => row,
      }));
    }
    const { texts, rows } = JSON.parse(data.textContent);
    const marks = headers.map(() => new Map());
    box.querySelectorAll("[data-mark]").forEach((one) => marks[one.dataset.column].set(one.textContent, one.dataset.mark));
    return rows.map((row) => {
      const own = row.map((place) => texts[place]);
      return { texts: own, element: () => makeRow(own, headers, marks) };
    });
  }

  function makeRow(texts, headers, marks) {
    const row = document.createElement("tr");
    texts.forEach((text, place) => {
      const cell = place ? make("td", "") : make("th", "", { scope: "row" });
      const header = headers[place];
      if (text && "code" in header.dataset) cell.append(make("code", text));
      else if (marks[place].has(text)) cell.append(make("span", text, { class: `tag ${marks[place].get(text)}` }));
      else cell.textContent = text;
      row.append(cell);
    });
    return row;
  }

  class DataTable {
    constructor(box) {
      this.box = box;
      this.labels = box.dataset;
      this.headers = [...box.querySelectorAll("thead th")];
      this.body = box.querySelector("tbody");
      this.rows = readRows(box, this.headers);
      this.size = Number(this.labels.page);
      this.column = -1;
      this.direction = 1;
      this.page = 0;
      this.addTools();
      this.headers.forEach((header, place) => this.addSort(header, place));
      this.show();
    }

    addTools() {
      const tools = make("div", "", { class: "tools" });
      const label = make("label", "");
      this.search = make("input", "", { type: "search", autocomplete: "off" });
      label.append(make("span", this.labels.filter), this.search);
      tools.append(label);
      this.choices = this.headers.flatMap((header, place) => ("choice" in header.dataset ? [this.addChoice(tools, header, place)] : []));
      this.count = make("output", "");
      tools.append(this.count);
      this.box.prepend(tools);
      this.search.addEventListener("input", () => this.restart());
      this.pager = make("div", "", { class: "pager" });
      this.previous = make("button", this.labels.previous, { type: "button", class: "button" });
      this.next = make("button", this.labels.next, { type: "button", class: "button" });
      this.place = make("span", "");
      this.pager.append(this.previous, this.place, this.next);
      this.box.append(this.pager);
      this.previous.addEventListener("click", () => this.turn(-1));
      this.next.addEventListener("click", () => this.turn(1));
    }

    addChoice(tools, header, place) {
      const label = make("label", "");
      const select = make("select", "");
      select.append(make("option", this.labels.all, { value: "" }));
      const values = [...new Set(this.rows.map((row) => row.texts[place]))].filter(Boolean).sort(collator.compare);
      for (const value of values.slice(0, 50)) select.append(make("option", value, { value }));
      label.append(make("span", header.textContent.trim()), select);
      tools.append(label);
      select.addEventListener("change", () => this.restart());
      return { place, select };
    }

    addSort(header, place) {
      const button = make("button", header.textContent.trim(), { type: "button" });
      header.replaceChildren(button);
      header.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        if (this.column !== place) [this.column, this.direction] = [place, 1];
        else if (this.direction === 1) this.direction = -1;
        else this.column = -1;
        this.headers.forEach((other, index) => {
          const order = this.direction === 1 ? "ascending" : "descending";
          other.setAttribute("aria-sort", index === this.column ? order : "none");
        });
        this.restart();
      });
    }

    find(text) {
      this.search.value = text;
      this.restart();
    }

    restart() {
      this.page = 0;
      this.show();
    }

    turn(by) {
      this.page += by;
      this.show();
    }

    matching() {
      const wanted = this.search.value.trim().toLowerCase();
      const chosen = this.choices.filter(({ select }) => select.value);
      const rows = this.rows.filter(
        ({ texts }) =>
          chosen.every(({ place, select }) => texts[place] === select.value) &&
          (!wanted || texts.some((text) => text.toLowerCase().includes(wanted))),
      );
      const { column, direction } = this;
      return column < 0 ? rows : rows.toSorted((one, other) => direction * collator.compare(one.texts[column], other.texts[column]));
    }

    show() {
      const rows = this.matching();
      const pages = Math.max(Math.ceil(rows.length / this.size), 1);
      const from = this.page * this.size;
      this.body.replaceChildren(...rows.slice(from, from + this.size).map((row) => row.element()));
      this.count.textContent = fill(this.labels.count, { shown: rows.length, total: this.rows.length });
      this.place.textContent = fill(this.labels.paging, { page: this.page + 1, pages });
      this.pager.hidden = pages === 1;
      this.previous.disabled = this.page === 0;
      this.next.disabled = this.page === pages - 1;
    }
  }

  function addCopy(block) {
    const button = make("button", document.body.dataset.copy, { type: "button", class: "button" });
    const row = make("div", "", { class: "copy-row" });
    block.replaceWith(row);
    row.append(block, button);
    button.addEventListener("click", async () => {
      getSelection().selectAllChildren(block);
      try {
        await navigator.clipboard.writeText(block.textContent.trim());
        announce.textContent = button.textContent = document.body.dataset.copied;
      } catch {
        /* The text is selected; the keyboard copies it. */
      }
    });
  }

  document.documentElement.classList.add("scripted");
  const tables = new Map([...document.querySelectorAll(".data-table")].map((box) => [box.id, new DataTable(box)]));
  document.querySelectorAll("[data-copy]:not(body)").forEach(addCopy);
  document.querySelectorAll("a[data-find]").forEach((link) =>
    link.addEventListener("click", () => {
      document.querySelector("#events-table").closest("details").open = true;
      tables.get("events-table").find(link.dataset.find);
    }),
  );
})();
