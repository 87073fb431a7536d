// Sends the import form without leaving the page, so that the chosen file survives the check.
(function () {
  "use strict";
  const form = document.getElementById("import-form");
  const report = document.getElementById("import-report");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!form.reportValidity()) return;
    const body = new FormData(form, event.submitter);
    const buttons = form.querySelectorAll("button");
    buttons.forEach((button) => (button.disabled = true));
    report.textContent = "Reading the archive …";
    try {
      const answer = await fetch(window.location.href, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById("import-report");
      if (found) report.replaceChildren(...found.childNodes);
      else report.textContent = `The server answered ${answer.status}.`;
    } catch (error) {
      report.textContent = error.message;
    } finally {
      buttons.forEach((button) => (button.disabled = false));
    }
  });
})();
