// The command palette: Ctrl-K (⌘K on a Mac). A combobox over one JSON index; without this file its button leads to the search page.
"use strict";
(() => {
  const palette = document.getElementById("palette");
  const input = document.getElementById("palette-input");
  const list = document.getElementById("palette-list");
  const status = palette.querySelector("[role=status]");
  const SHOWN = 50;
  let entries = null;
  let failed = false;
  let shown = [];
  let active = 0;

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  // Every letter in its order; letters that begin a word or follow each other count more, long detours less. -1: no match.
  const wordScore = (text, word) => {
    let score = 0;
    let at = -1;
    for (const letter of word) {
      const next = text.indexOf(letter, at + 1);
      if (next < 0) return -1;
      const begins = next === 0 || /[^\p{L}\p{N}]/u.test(text[next - 1]);
      score += next === at + 1 && at >= 0 ? 3 : begins ? 2 : -1;
      at = next;
    }
    return score + (text.includes(word) ? 5 * word.length : 0);
  };
  const score = (entry, words) => {
    let sum = 0;
    for (const word of words) {
      const found = Math.max(2 * wordScore(entry.plainTitle, word), wordScore(entry.plainWords, word));
      if (found < word.length) return -1;
      sum += found;
    }
    return sum;
  };

  const activate = (index) => {
    active = index;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    const option = list.children[active];
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const optionOf = (entry, index) => {
    const option = document.createElement("li");
    option.id = `palette-${index}`;
    option.setAttribute("role", "option");
    const title = document.createElement("span");
    title.textContent = entry.title;
    const kind = document.createElement("span");
    kind.className = "tag";
    kind.textContent = entry.kind;
    option.append(title, kind);
    option.addEventListener("click", () => run(entry));
    option.addEventListener("pointermove", () => active !== index && activate(index));
    return option;
  };
  const say = () => {
    const { loading, failed: lost, none, one, many } = status.dataset;
    if (failed) return lost;
    if (!entries) return loading;
    if (!shown.length) return none;
    return shown.length === 1 ? one : many.replace("{count}", shown.length);
  };
  const show = () => {
    const words = plain(input.value).split(/\s+/).filter(Boolean);
    const ranked = (entries ?? []).map((entry) => [score(entry, words), entry]).filter(([points]) => points >= 0);
    shown = ranked.sort((one, other) => other[0] - one[0]).map(([, entry]) => entry);
    list.replaceChildren(...shown.slice(0, SHOWN).map(optionOf));
    list.hidden = !shown.length;
    input.setAttribute("aria-expanded", String(shown.length > 0));
    status.textContent = say();
    activate(0);
  };

  const run = (entry) => {
    palette.close();
    if (entry.url) return location.assign(entry.url);
    const target = document.getElementById(entry.press);
    if (target.requestSubmit) target.requestSubmit();
    else target.click();
  };
  const choose = () => {
    if (shown[active]) run(shown[active]);
    else if (input.value.trim()) location.assign(`${palette.dataset.search}?q=${encodeURIComponent(input.value.trim())}`);
  };

  const load = async () => {
    try {
      const answer = await fetch(palette.dataset.index, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      entries = (await answer.json()).entries;
      for (const entry of entries) {
        entry.plainTitle = plain(entry.title);
        entry.plainWords = plain(`${entry.kind} ${entry.title} ${entry.words ?? ""}`);
      }
      failed = false;
    } catch {
      failed = true; // said in the status line; Enter still searches
    }
    if (palette.open) show();
  };
  const open = () => {
    if (document.querySelector("dialog[open]")) return;
    input.value = "";
    palette.showModal();
    show();
    if (!entries) load();
  };

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const count = list.children.length;
    const moves = { ArrowDown: active + 1, ArrowUp: active - 1 + count, PageDown: active + 8, PageUp: active - 8 };
    if (event.isComposing) return;
    if (event.key === "Enter") choose();
    else if (event.key.startsWith("Arrow") && event.key in moves && count) activate(moves[event.key] % count);
    else if (event.key in moves && count) activate(Math.min(Math.max(moves[event.key], 0), count - 1));
    else return;
    event.preventDefault();
  });
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-open-palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  const apple = /Mac|iPhone|iPad/.test(navigator.platform);
  document.addEventListener("keydown", (event) => {
    const chord = apple ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (!chord || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (palette.open) palette.close();
    else open();
  });
  document.addEventListener("residual:open-palette", open);
})();
