// CodeMirror over the real <textarea>. The textarea stays the truth that forms, drafts and downloads read: every
// change is mirrored into it as an input event. If this file or the bundle fails to load, the textarea goes on working.
"use strict";
(async () => {
  const source = document.getElementById("source");
  const words = JSON.parse(document.getElementById("editor-words").textContent);
  const cm = await import(source.dataset.editor);

  // A line that a problem or a traceback points at.
  const pointAt = cm.StateEffect.define();
  const mark = cm.Decoration.line({ class: "cm-pointed" });
  const pointed = cm.StateField.define({
    create: () => cm.Decoration.none,
    update: (marks, transaction) => {
      for (const effect of transaction.effects) {
        if (effect.is(pointAt)) return effect.value === null ? cm.Decoration.none : cm.Decoration.set([mark.range(effect.value)]);
      }
      return marks.map(transaction.changes);
    },
    provide: (field) => cm.EditorView.decorations.from(field),
  });

  // Escape frees Tab until the next other key, so that the keyboard is never caught in here.
  const escapeFreesTab = cm.EditorView.domEventObservers({
    keydown: (event, view) => {
      if (["Tab", "Shift"].includes(event.key)) return;
      view.setTabFocusMode(event.key === "Escape");
    },
    blur: (_event, view) => view.setTabFocusMode(false),
  });

  const mirror = cm.EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    source.value = update.state.doc.toString();
    source.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const view = new cm.EditorView({
    doc: source.value,
    extensions: [
      cm.EditorView.cspNonce.of(source.dataset.nonce),
      cm.EditorView.contentAttributes.of({
        "aria-label": words.label,
        "aria-describedby": source.getAttribute("aria-describedby"),
        "aria-invalid": source.getAttribute("aria-invalid") || "false",
        tabindex: "0",
        autocapitalize: "off",
        autocorrect: "off",
        spellcheck: "false",
      }),
      cm.EditorState.phrases.of(words),
      cm.EditorState.tabSize.of(4),
      cm.indentUnit.of("    "),
      cm.lineNumbers(),
      cm.history(),
      cm.bracketMatching(),
      cm.indentOnInput(),
      cm.highlightActiveLine(),
      cm.highlightActiveLineGutter(),
      cm.highlightSelectionMatches(),
      cm.pythonLanguage,
      cm.syntaxHighlighting(cm.classHighlighter),
      cm.search({ top: true }),
      // Mod-Enter belongs to the bench: it sends. CodeMirror would insert a blank line.
      cm.keymap.of([...cm.defaultKeymap.filter(({ key }) => key !== "Mod-Enter"), ...cm.historyKeymap, ...cm.searchKeymap, cm.indentWithTab]),
      escapeFreesTab,
      pointed,
      mirror,
    ],
  });

  const goTo = (number, focus) => {
    if (!(number >= 1 && number <= view.state.doc.lines)) return;
    const { from } = view.state.doc.line(number);
    view.dispatch({
      selection: { anchor: from },
      effects: [pointAt.of(from), cm.EditorView.scrollIntoView(from, { y: "center" })],
    });
    if (focus) view.focus();
  };
  const goToHash = () => {
    const [, number] = location.hash.match(/^#line-(\d+)$/) || [];
    if (number) goTo(Number(number), true);
  };

  const hadFocus = document.activeElement === source;
  const { selectionStart, selectionEnd } = source;
  source.hidden = true;
  source.after(view.dom);
  document.querySelector("label[for=source]").addEventListener("click", () => view.focus());
  if (hadFocus) {
    view.dispatch({ selection: { anchor: selectionStart, head: selectionEnd } });
    view.focus();
  }
  if (source.dataset.problemLine) goTo(Number(source.dataset.problemLine), false);
  goToHash();
  addEventListener("hashchange", goToHash);
  document.addEventListener("click", (event) => {
    if (event.target.closest("a[href*='#line-']")?.hash === location.hash) goToHash();
  });

  source.addEventListener("bench:point", ({ detail }) => {
    view.dispatch({ effects: pointAt.of(null) });
    if (detail) goTo(detail, true);
  });

  // Other scripts of the bench put text in by asking for it, so that it can be undone like any other change.
  source.addEventListener("bench:replace", (event) => {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: event.detail } });
  });
})();
