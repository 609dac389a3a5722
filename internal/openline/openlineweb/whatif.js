// Works out anew as soon as something is assumed.
export default function (root, { signal }) {
  root.addEventListener("change", (e) => e.target.form?.matches("[data-line], [data-assume]") && e.target.form.requestSubmit(), { signal })
}
