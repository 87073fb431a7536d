// Shows what a Markdown text will look like while it is written. The server renders it.
(function () {
  "use strict";
  const PAUSE = 350;

  function token() {
    const field = document.querySelector("[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  }

  function facts(answer) {
    const parts = [`${answer.words} words`, `${answer.read_time} min to read`];
    if (answer.references) parts.push(`${answer.references} references`);
    if (answer.dangling) parts.push(`${answer.dangling} dangling`);
    return parts.join(" · ");
  }

  function attach(editor) {
    const text = editor.querySelector("textarea");
    const preview = editor.querySelector(".nl-preview");
    const told = editor.querySelector(".nl-editor-facts");
    let timer = null;
    let running = null;

    async function refresh() {
      if (running) running.abort();
      const mine = (running = new AbortController());
      const body = new URLSearchParams({ content: text.value, sop: text.dataset.sop || "" });
      try {
        const answer = await fetch(editor.dataset.previewUrl, {
          method: "POST",
          body,
          signal: mine.signal,
          headers: { "X-CSRFToken": token() },
        });
        if (!answer.ok) throw new Error(`The preview answered ${answer.status}.`);
        const found = await answer.json();
        preview.innerHTML = found.html; // sanitised by the server
        told.textContent = facts(found);
        told.classList.remove("nl-bad");
      } catch (error) {
        if (error.name === "AbortError") return;
        told.textContent = error.message;
        told.classList.add("nl-bad");
      }
    }

    function show(view) {
      editor.dataset.view = view;
      for (const button of editor.querySelectorAll("[data-show]")) {
        button.setAttribute("aria-pressed", String(button.dataset.show === view));
      }
    }

    text.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(refresh, PAUSE);
    });
    text.addEventListener("scroll", () => {
      const room = text.scrollHeight - text.clientHeight;
      if (room > 0) {
        const share = text.scrollTop / room;
        preview.scrollTop = share * (preview.scrollHeight - preview.clientHeight);
      }
    });
    editor.addEventListener("click", (event) => {
      const button = event.target.closest("[data-show]");
      if (button) show(button.dataset.show);
    });
    show(editor.dataset.view);
    refresh();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".nl-editor").forEach(attach);
  });
})();
