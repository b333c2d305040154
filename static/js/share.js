/** Buttons that hand a link to the phone's own sheet: `<button data-share="address" data-title="…" hidden>`. */
if (navigator.share) {
  for (const button of document.querySelectorAll("[data-share]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const { share: url, title } = button.dataset;
      navigator.share({ url, title, text: title }).catch(() => {}); // closed without sharing
    });
  }
}
