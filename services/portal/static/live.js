// Live pages: the server says that something changed, and the list is fetched again. When the
// session has ended, asking for the list leads to the sign-in page.
"use strict";

const list = document.querySelector("[data-live]");
if (list) {
  const refetch = () => htmx.trigger(list, "changed");
  const source = new EventSource("/live");
  source.addEventListener("changed", refetch);
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) refetch();
  });
  window.addEventListener("pagehide", () => source.close());
}
