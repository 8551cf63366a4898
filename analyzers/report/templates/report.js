"use strict";
{
  const find = document.getElementById("find");
  const standing = document.getElementById("standing");
  const shown = document.getElementById("shown");
  const items = [...document.querySelectorAll("[data-words]")];
  const apply = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let rows = 0;
    for (const item of items) {
      const fits = (!standing.value || item.dataset.standing === standing.value) && words.every((word) => item.dataset.words.includes(word));
      item.hidden = !fits;
      if (fits && item.tagName === "TR") rows += 1;
    }
    shown.textContent = `${rows} shown`;
  };
  find.addEventListener("input", apply);
  standing.addEventListener("change", apply);
  find.form.addEventListener("submit", (event) => event.preventDefault());
  apply();
}
