// Package web is the shell of the web interface: sign-in, layout, navigation, assets, errors, search and the live stream.
// The areas' web packages (imweb, taskweb, …) build their pages on it; package ui beside it holds the components.
//
// # A page
//
// An area keeps Go, templates, modules and styles side by side in one embed.FS and registers it once. Templates are
// parsed and checked then; one that is broken or missing stops the program.
//
//	//go:embed *.tmpl *.js *.css
//	var files embed.FS
//
//	func Register(s *web.Shell, notes *note.Service) {
//		s.Area("note", files)
//		h := pages{notes}
//		s.Page("/notes/", web.SignedIn, h.list)
//		s.Page("/notes/{id}/", web.SignedIn, h.view)
//		s.Action("/notes/add", web.SignedIn, h.add)
//		s.Search("Notes", h.search)
//		s.Command(web.Command{Title: "New note", URL: "/notes/add", Icon: "plus", Slider: true})
//	}
//
//	func (h pages) view(ctx context.Context, r *web.Request) (web.Page, error) {
//		id, err := r.PathID("id") // a fault NotFound, so the shell answers with its 404 page
//		if err != nil {
//			return web.Page{}, err
//		}
//		n, err := h.notes.Note(ctx, r.Viewer.ID, id)
//		return web.Page{
//			Title: n.Title, Section: "notes", Template: "note/view", Body: n,
//			Modules: []string{"note/view.js"}, Styles: []string{"note/note.css"},
//			Slider: true, Behind: "/notes/", // opens over the list, has an address of its own
//		}, err
//	}
//
//	func (h pages) add(ctx context.Context, r *web.Request) (web.Result, error) {
//		n, err := h.notes.Add(ctx, r.Viewer.ID, r.FormValue("title"))
//		if errs := web.FieldErrors(err); errs != nil { // show the form again, nothing typed is lost
//			return web.Page{Title: "New note", Template: "note/form", Status: 422, Body: form{r.PostForm, errs}}, nil
//		}
//		return web.Redirect{To: n.URL(), Toast: "Note saved"}, err
//	}
//
// The template view.tmpl is executed with Page.Body as its dot. Components are functions (package ui lists them), and so
// is what belongs to the request: viewer, path, when, now, and may "apps.manage" for what the viewer's roles allow:
//
//	<article class="card">
//	  <h2>{{.Title}}</h2> {{badge "Draft"}} {{when .Created}} {{avatar .Author.Name .Author.Color .Author.AvatarURL 24}}
//	  <a href="/notes/{{.ID}}/edit" data-slider>{{icon "edit"}} Edit</a>
//	</article>
//	<form action="/notes/add" method="post" data-fetch>
//	  {{field "Title" "title" .Form.Title "error" .Errors.title "help" "Shown in lists" "required" true}}
//	  {{button "Save" "kind" "primary"}}
//	</form>
//
// What applications show at a place of the page is asked for where it is shown:
//
//	{{range widgets "TASK_VIEW_TAB" ":project" .GroupID "taskId" .ID}}<a href="{{.URL}}" data-slider>{{.Title}}</a>{{end}}
//
// The module view.js exports a function that the shell calls with the root of the page, or of the slider, each time it
// is shown; signal aborts when it goes away. Behaviour that belongs to one element is a custom element instead.
//
//	import { post } from "web/fetch.js"
//	import { toast } from "ui/toast/toast.js"
//
//	export default function (root, { signal }) {
//	  document.addEventListener("live:note", (e) => { … e.detail … }, { signal })
//	  document.addEventListener("live:resync", () => { … ask for all since what the page has … }, { signal })
//	}
//
// # Names
//
// Template "note/view" is view.tmpl (or a {{define "view"}}) of area note. Module and style "note/view.js" is that file;
// modules import others by the same name, or relative to themselves. Files ending in _test.js or .test.js stay out.
// A style is put into the layer "areas", above the components.
//
// # Answers
//
// Page functions return a Page. Actions and fragments return a Result: Redirect, JSON, HTML, Page, File, Download or NoContent. An error
// becomes an error page; for a request made with web/fetch.js it becomes {"error": {"code", "text", "field"}} with the
// status of its kind. A redirect becomes {"redirect", "toast"} for such a request.
package web
