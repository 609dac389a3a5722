// Package ui holds the components of the web interface: a folder each with its template, style and module.
//
// In templates the components are functions. The first arguments are what a component cannot do without, then pairs of a
// name and a value follow; an unknown name is an error, so that a slip shows at once.
//
//	{{icon "search"}} {{icon "lock" "size" 16 "label" "Private"}}
//	{{avatar .Name .Color .AvatarURL 32}}            colour and URL may be empty; {{avatar … "presence" "online"}}
//	{{button "Save" "kind" "primary" "icon" "check"}} kind primary, plain (default), quiet, danger; url makes it a link;
//	                                                  slider, key, name, value, type, small, title, disabled, post (URL)
//	{{field "Title" "title" .Value}}                  help, error, type, placeholder, required, autofocus, autocomplete,
//	                                                  suffix, prefix, inputmode, min, max, maxlength, disabled, readonly
//	{{textarea "Text" "text" .Value "rows" 4}}        as field
//	{{select "Role" "role" .Value .Options}}          .Options is []ui.Option; as field
//	{{people "Observers" "auditors" .People}}         .People is []ui.Person; one, typed, required, help, error
//	{{checkbox "Send mail" "mail" true}}              help, value, disabled, error
//	{{switch "Active" "active" true}}                 as checkbox
//	{{tile "Inbound webhook" "/devops/new" "icon" "webhook" "text" "…" "badge" "New"}} slider, image
//	{{badge "Overdue" "tone" "danger" "icon" "flag"}} tone neutral (default), accent, success, warning, danger; count
//	{{empty "No tasks yet" "text" "…" "icon" "tasks" "action" "New task" "url" "/tasks/new" "slider" true}}
//	{{tabs .Tabs}}                                    .Tabs is []ui.Tab
//	{{secret "Client secret" .Secret}}                shown once with Copy, then masked; {{secret … "masked" true}} has no value
//	{{copyfield "Client ID" .ID}}                     a value to copy, never masked
//	{{kbd "Ctrl K"}}  {{skeleton 3}}  {{notice "warning" "Text"}}
//
// What holds other markup is written as HTML with classes; the gallery (/ui of a portal in development) shows each with
// its source: .card, .table, .menu, .toolbar, .panes, .list, .form, dialog.dialog, .tooltip via data-tip.
package ui
